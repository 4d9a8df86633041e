import { previousChecksumAt } from './batch-codec.ts'
import type { Offset } from './batch.ts'
import { chunkHeaderBytes } from './chunk-codec.ts'
import { hole } from './chunk-store.ts'
import type { Chunk, ChunkStore } from './chunk-store.ts'
import { decodeEpochStart } from './epochs.ts'
import { LogError } from './errors.ts'
import { checkFormat } from './format.ts'
import { decodeHardState } from './hard-state-codec.ts'
import { progressAfter } from './log-state.ts'
import type { LogState } from './log-state.ts'
import type { EpochStart, HardState } from './raft-log.ts'
import { decodeSegment } from './segment.ts'
import type { SealedSegment } from './segment.ts'
import { decodeStart, originalStart } from './start.ts'
import type { Start } from './start.ts'

/** The records of a log, decoded. */
interface Records {
  readonly formatted: boolean
  readonly hardState: HardState | undefined
  readonly start: Start
  readonly epochs: readonly EpochStart[]
  readonly sealed: readonly SealedSegment[]
}

/**
 * Finds out where a log stands, and verifies its records, that they fit each other, its first chunk's presence, its last
 * chunk, and that chunk's link to what is before it. Three short scans, however long the log is.
 *
 * @returns `undefined` if there is no log
 * @throws LOG_CORRUPT (`details.offset` is the first that cannot be trusted, where one is known), LOG_IO
 */
export async function loadLog(store: ChunkStore): Promise<LogState | undefined> {
  const records = await loadRecords(store)
  if (!records.formatted) return undefined
  const { start, sealed, epochs, hardState } = records
  checkSegments(start, sealed)
  const { last, before } = await store.lastChunks(start.offset)
  if (before?.baseOffset !== start.offset && last?.baseOffset !== start.offset)
    await checkFirst(store, start.offset, last)
  const sealedEnd = sealed.at(-1)?.endOffset ?? start.offset
  const endOffset = last?.endOffset ?? start.offset
  if (endOffset < sealedEnd) throw hole(endOffset, undefined)
  if (last !== undefined) checkLink(records, last, before)
  checkEpochs(start, epochs, last)
  const checksum = last?.checksum ?? start.checksum
  return {
    tail: { startOffset: start.offset, endOffset, epochs, startEpoch: start.epoch, hardState },
    start,
    sealed,
    active:
      last === undefined || endOffset === sealedEnd
        ? undefined
        : progressAfter(last.before, last.batches, last.bytes.byteLength),
    checksum,
  }
}

async function loadRecords(store: ChunkStore): Promise<Records> {
  let formatted = false
  let hardState: HardState | undefined
  let start = originalStart
  const epochs: EpochStart[] = []
  const sealed: SealedSegment[] = []
  for (const { kind, value } of await store.records()) {
    if (kind === 'format') {
      checkFormat(value)
      formatted = true
    } else if (kind === 'hardState') hardState = decodeHardState(value)
    else if (kind === 'start') start = decodeStart(value)
    else if (kind === 'epoch') epochs.push(decodeEpochStart(value))
    else sealed.push(decodeSegment(value))
  }
  return { formatted, hardState, start, epochs, sealed }
}

/** Sealed segments follow each other from the start of the log. */
function checkSegments(start: Start, sealed: readonly SealedSegment[]): void {
  let offset = start.offset
  for (const { baseOffset, endOffset } of sealed) {
    if (baseOffset !== offset || endOffset <= baseOffset)
      throw new LogError('LOG_CORRUPT', `the segments do not follow each other at offset ${offset}`, {
        record: 'segment',
        offset,
      })
    offset = endOffset
  }
}

async function checkFirst(store: ChunkStore, startOffset: Offset, last: Chunk | undefined): Promise<void> {
  if (last === undefined) return
  // An iterator costs more, so it is made only where something is wrong.
  if (!(await store.hasChunk(startOffset))) throw hole(startOffset, await store.firstBaseOffset(startOffset))
}

/** The last chunk must be in the segment that is active, or end the last sealed one, and continue what is before it. */
function checkLink({ start, sealed }: Records, last: Chunk, before: Chunk | undefined): void {
  const { baseOffset } = last
  const lastSealed = sealed.at(-1)
  const active = lastSealed?.endOffset ?? start.offset
  const ends = lastSealed?.endOffset === last.endOffset
  const segment = ends ? lastSealed.baseOffset : active
  const fits = last.before.baseOffset === segment && baseOffset >= segment
  if (!fits || (ends && lastSealed.checksum !== last.checksum))
    throw new LogError('LOG_CORRUPT', `the chunk at offset ${baseOffset} is not in the segment it names`, {
      offset: baseOffset,
    })
  const expected = checksumBefore(start, sealed, last, before)
  if (expected === previousChecksumAt(last.bytes, chunkHeaderBytes)) return
  const message = `the chunk at offset ${baseOffset} is not the successor of the one before it`
  throw new LogError('LOG_CORRUPT', message, { offset: baseOffset })
}

function checksumBefore(
  start: Start,
  sealed: readonly SealedSegment[],
  { baseOffset }: Chunk,
  before: Chunk | undefined,
): number {
  if (baseOffset === start.offset) return start.checksum
  if (before?.endOffset !== baseOffset) throw hole(before?.endOffset ?? start.offset, baseOffset)
  const segment = sealed.findLast(({ endOffset }) => endOffset === baseOffset)
  if (segment !== undefined && segment.checksum !== before.checksum)
    throw new LogError(
      'LOG_CORRUPT',
      `the segment before offset ${baseOffset} does not end as its record says`,
      {
        offset: segment.baseOffset,
      },
    )
  return before.checksum
}

/** The index must begin with the log, ascend, and end with the epoch of the last batch. */
function checkEpochs(start: Start, epochs: readonly EpochStart[], last: Chunk | undefined): void {
  const ascending = epochs.every(({ startOffset }, index) => {
    const before = epochs[index - 1]
    return before === undefined ? startOffset === start.offset : before.startOffset < startOffset
  })
  const indexed = epochs.at(-1)
  const lastBatch = last?.batches.at(-1)
  const ends =
    indexed?.epoch === lastBatch?.epoch && (indexed?.startOffset ?? -1) <= (lastBatch?.baseOffset ?? -1)
  if (ascending && ends) return
  throw new LogError('LOG_CORRUPT', 'the epoch index does not fit the batches', {
    record: 'epoch',
    offset: indexed?.startOffset ?? start.offset,
  })
}
