import { gap, olderEpoch } from './batch-check.ts'
import { nextOffset } from './batch.ts'
import type { Batch, Epoch, Offset } from './batch.ts'
import { epochAt, epochsFrom, newEpochs } from './epochs.ts'
import { LogError } from './errors.ts'
import type { NewBatch } from './log.ts'
import type { EpochStart, HardState, LogWrite } from './raft-log.ts'
import type { WriteRequest, WriteResult } from './request.ts'

/** What the next write must fit onto, and all that is known of a log without reading it. */
export interface Tail {
  readonly startOffset: Offset
  readonly endOffset: Offset
  readonly epochs: readonly EpochStart[]
  /** Epoch of the last batch before `startOffset`; 0 if there never was one. */
  readonly startEpoch: Epoch
  readonly hardState: HardState | undefined
}

/** Of a log that has never been written to. */
export const emptyTail: Tail = {
  startOffset: 0,
  endOffset: 0,
  epochs: [],
  startEpoch: 0,
  hardState: undefined,
}

/** A request whose batches have their place: the write that it comes to, and the tail behind it. */
export interface Placement {
  readonly batches: readonly Batch[]
  readonly truncateTo: Offset | undefined
  readonly after: Tail
}

const none: readonly Batch[] = []
const maxOffset = Number.MAX_SAFE_INTEGER

/**
 * Decides where `request` goes in a log that ends with `tail`. Batches that bring no time get `timestampMs`. Pure: both
 * storages share it.
 *
 * @throws LOG_OFFSET_OUT_OF_RANGE (a gap, or a cut outside the log), LOG_BATCH_INVALID (an epoch that goes back, or a
 *   time that is no time)
 */
export function place(tail: Tail, request: WriteRequest, timestampMs: number): Placement {
  switch (request.kind) {
    case 'append':
      return placed(tail, { batches: assign(tail, request.batches, timestampMs) }, undefined)
    case 'write':
      return placedWrite(tail, request.write)
    case 'deleteBefore':
      return { batches: [], truncateTo: undefined, after: withoutPrefix(tail, request.offset) }
    case 'reset':
      return { batches: [], truncateTo: undefined, after: restarted(tail, request.offset, request.epoch) }
    case 'sweep':
      return { batches: [], truncateTo: undefined, after: tail }
  }
}

/** The last epoch that ever was in a log that ends with `tail`: no batch may have a smaller one. */
function lastEpoch({ epochs, startEpoch }: Tail): Epoch {
  return epochs.at(-1)?.epoch ?? startEpoch
}

function placedWrite(tail: Tail, write: LogWrite): Placement {
  const { truncateTo } = write
  if (truncateTo === undefined || truncateTo === tail.endOffset) return placed(tail, write, undefined)
  return placed(cutTail(tail, truncateTo), write, truncateTo)
}

/** `tail` of the log once it begins at `offset`. */
function withoutPrefix(tail: Tail, offset: Offset): Tail {
  if (!Number.isInteger(offset) || offset < 0 || offset > tail.endOffset)
    throw outside('delete what is before', offset, tail)
  if (offset <= tail.startOffset) return tail
  return {
    ...tail,
    startOffset: offset,
    epochs: epochsFrom(tail.epochs, offset, tail.endOffset),
    startEpoch: epochAt(tail.epochs, offset - 1),
  }
}

function restarted(tail: Tail, offset: Offset, epoch: Epoch): Tail {
  if (!Number.isSafeInteger(offset) || offset < tail.endOffset) throw outside('begin anew at', offset, tail)
  if (epoch < lastEpoch(tail)) throw olderEpoch(epoch, lastEpoch(tail))
  return { ...tail, startOffset: offset, endOffset: offset, epochs: [], startEpoch: epoch }
}

function placed(tail: Tail, write: LogWrite, truncateTo: Offset | undefined): Placement {
  const batches = write.batches ?? none
  const [first] = batches
  const epochBefore = lastEpoch(tail)
  if (first !== undefined) {
    if (first.baseOffset !== tail.endOffset) throw gap(first.baseOffset, tail.endOffset)
    if (first.epoch < epochBefore) throw olderEpoch(first.epoch, epochBefore)
  }
  const last = batches.at(-1)
  const endOffset = last === undefined ? tail.endOffset : nextOffset(last)
  if (endOffset > maxOffset)
    throw new LogError('LOG_OFFSET_OUT_OF_RANGE', 'offsets end at 2^53', { endOffset })
  const lastIndexed = tail.epochs.at(-1)?.epoch
  const begins = last !== undefined && last.epoch !== lastIndexed
  return {
    batches,
    truncateTo,
    after: {
      startOffset: tail.startOffset,
      endOffset,
      epochs: begins ? [...tail.epochs, ...newEpochs(batches, lastIndexed)] : tail.epochs,
      startEpoch: tail.startEpoch,
      hardState: write.hardState ?? tail.hardState,
    },
  }
}

/** What the caller of a placed request is told: the base offsets of an append, nothing of any other write. */
export function writeResult(request: WriteRequest, placement: Placement): WriteResult {
  return request.kind === 'append' ? placement.batches.map((batch) => batch.baseOffset) : []
}

/** `tail` after everything from `offset` on was cut off. Whether a batch begins there is not known here. */
export function cutTail(tail: Tail, offset: Offset): Tail {
  if (!Number.isInteger(offset) || offset < tail.startOffset || offset > tail.endOffset)
    throw outside('cut at', offset, tail)
  return { ...tail, endOffset: offset, epochs: tail.epochs.filter(({ startOffset }) => startOffset < offset) }
}

function outside(action: string, offset: Offset, { startOffset, endOffset }: Tail): LogError {
  return new LogError(
    'LOG_OFFSET_OUT_OF_RANGE',
    `cannot ${action} ${offset}: the log reaches from ${startOffset} to ${endOffset}`,
    { offset, startOffset, endOffset },
  )
}

function assign(tail: Tail, newBatches: readonly NewBatch[], timestampMs: number): Batch[] {
  const batches: Batch[] = []
  let baseOffset = tail.endOffset
  let epochBefore = lastEpoch(tail)
  for (const batch of newBatches) {
    const { payload, count = 1, epoch = epochBefore, attributes = 0 } = batch
    if (epoch < epochBefore) throw olderEpoch(epoch, epochBefore)
    const at = batch.timestampMs ?? time(timestampMs)
    batches.push({ baseOffset, count, epoch, timestampMs: at, attributes, payload })
    baseOffset += count
    epochBefore = epoch
  }
  return batches
}

function time(timestampMs: number): number {
  if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) return timestampMs
  throw new LogError(
    'LOG_BATCH_INVALID',
    `now() must give whole milliseconds since 1970, not ${timestampMs}`,
    {
      field: 'timestampMs',
      found: timestampMs,
    },
  )
}
