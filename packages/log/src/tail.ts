import { gap, olderEpoch } from './batch-check.ts'
import { nextOffset } from './batch.ts'
import type { Batch, Epoch, Offset } from './batch.ts'
import { newEpochs } from './epochs.ts'
import { LogError } from './errors.ts'
import type { EpochStart, HardState, LogWrite } from './raft-log.ts'
import type { WriteRequest, WriteResult } from './request.ts'

/** What the next write must fit onto, and all that is known of a log without reading it. */
export interface Tail {
  readonly startOffset: Offset
  readonly endOffset: Offset
  readonly epochs: readonly EpochStart[]
  readonly hardState: HardState | undefined
}

/** A request whose batches have their place: the write that it comes to, and the tail behind it. */
export interface Placement {
  readonly batches: readonly Batch[]
  readonly truncateTo: Offset | undefined
  readonly hardState: HardState | undefined
  readonly newEpochs: readonly EpochStart[]
  readonly after: Tail
}

const none: readonly EpochStart[] = []
const maxOffset = Number.MAX_SAFE_INTEGER

/**
 * Decides where `request` goes in a log that ends with `tail`. Batches that bring no time get `timestampMs`. Pure: both
 * storages share it.
 *
 * @throws LOG_OFFSET_OUT_OF_RANGE (a gap, or a cut outside the log), LOG_BATCH_INVALID (an epoch that goes back, or a
 *   time that is no time)
 */
export function place(tail: Tail, request: WriteRequest, timestampMs: number): Placement {
  if (request.append !== undefined)
    return placed(tail, { batches: assign(tail, request, timestampMs) }, undefined)
  const write = request.write ?? {}
  if (write.truncateTo === undefined || write.truncateTo === tail.endOffset)
    return placed(tail, write, undefined)
  return placed(cut(tail, write.truncateTo), write, write.truncateTo)
}

function placed(tail: Tail, write: LogWrite, truncateTo: Offset | undefined): Placement {
  const batches = write.batches ?? []
  const [first] = batches
  const lastEpoch = tail.epochs.at(-1)?.epoch
  if (first !== undefined) {
    if (first.baseOffset !== tail.endOffset) throw gap(first.baseOffset, tail.endOffset)
    if (lastEpoch !== undefined && first.epoch < lastEpoch) throw olderEpoch(first.epoch, lastEpoch)
  }
  const last = batches.at(-1)
  const endOffset = last === undefined ? tail.endOffset : nextOffset(last)
  if (endOffset > maxOffset)
    throw new LogError('LOG_OFFSET_OUT_OF_RANGE', 'offsets end at 2^53', { endOffset })
  const begun = last === undefined || last.epoch === lastEpoch ? none : newEpochs(batches, lastEpoch)
  return {
    batches,
    truncateTo,
    hardState: write.hardState,
    newEpochs: begun,
    after: {
      startOffset: tail.startOffset,
      endOffset,
      epochs: begun.length === 0 ? tail.epochs : [...tail.epochs, ...begun],
      hardState: write.hardState ?? tail.hardState,
    },
  }
}

/** What the caller of a placed request is told: the base offsets of an append, nothing of any other write. */
export function writeResult(request: WriteRequest, placement: Placement): WriteResult {
  return request.append === undefined ? [] : placement.batches.map((batch) => batch.baseOffset)
}

/** `tail` after everything from `offset` on was cut off. Whether a batch begins there is not known here. */
function cut(tail: Tail, offset: Offset): Tail {
  if (!Number.isInteger(offset) || offset < tail.startOffset || offset > tail.endOffset) {
    throw new LogError(
      'LOG_OFFSET_OUT_OF_RANGE',
      `cannot cut at ${offset}: the log reaches from ${tail.startOffset} to ${tail.endOffset}`,
      { offset, startOffset: tail.startOffset, endOffset: tail.endOffset },
    )
  }
  return { ...tail, endOffset: offset, epochs: tail.epochs.filter(({ startOffset }) => startOffset < offset) }
}

function assign(tail: Tail, request: WriteRequest, timestampMs: number): Batch[] {
  const batches: Batch[] = []
  let baseOffset = tail.endOffset
  let lastEpoch: Epoch = tail.epochs.at(-1)?.epoch ?? 0
  for (const batch of request.append ?? []) {
    const { payload, count = 1, epoch = lastEpoch, attributes = 0 } = batch
    if (epoch < lastEpoch) throw olderEpoch(epoch, lastEpoch)
    batches.push({
      baseOffset,
      count,
      epoch,
      timestampMs: batch.timestampMs ?? time(timestampMs),
      attributes,
      payload,
    })
    baseOffset += count
    lastEpoch = epoch
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
