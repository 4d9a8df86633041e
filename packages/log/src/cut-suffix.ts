import { encodedBytes, encodeTarget, previousChecksumAt } from './batch-codec.ts'
import type { Batch, Offset } from './batch.ts'
import { chunkHeaderBytes, writeChunkHeader } from './chunk-codec.ts'
import { hole } from './chunk-store.ts'
import type { Chunk, ChunkStore } from './chunk-store.ts'
import type { Operation } from './database.ts'
import { LogError } from './errors.ts'
import type { Keys } from './keys.ts'
import { progressAfter } from './log-state.ts'
import type { Change, LogState } from './log-state.ts'
import { cutTail } from './tail.ts'

/**
 * Plans to remove everything from `offset` on. The last segment that is left takes batches again, unless it ended there.
 *
 * @throws LOG_OFFSET_OUT_OF_RANGE (inside a batch), LOG_CORRUPT, LOG_IO
 */
export async function cutSuffix(
  store: ChunkStore,
  keys: Keys,
  state: LogState,
  offset: Offset,
): Promise<Change> {
  const operations: Operation[] = []
  for (const key of await store.chunkKeysFrom(offset)) operations.push({ type: 'del', key })
  for (const { epoch, startOffset } of state.tail.epochs)
    if (startOffset >= offset) operations.push({ type: 'del', key: keys.epoch(epoch) })
  for (const { baseOffset, endOffset } of state.sealed)
    if (endOffset > offset) operations.push({ type: 'del', key: keys.segment(baseOffset) })

  const sealed = state.sealed.filter(({ endOffset }) => endOffset <= offset)
  const left = { tail: cutTail(state.tail, offset), start: state.start, sealed }
  if (offset === state.start.offset)
    return { operations, state: { ...left, active: undefined, checksum: state.start.checksum } }
  const lastSealed = sealed.at(-1)
  if (lastSealed?.endOffset === offset)
    return { operations, state: { ...left, active: undefined, checksum: lastSealed.checksum } }

  const chunk = await store.chunkAt(offset - 1)
  if (chunk === undefined || chunk.endOffset < offset) throw hole(offset - 1, undefined)
  const kept = keptBatches(chunk, offset)
  const keptBytes = chunkHeaderBytes + encodedBytes(kept)
  const active = progressAfter(chunk.before, kept, keptBytes)
  if (kept.length === chunk.batches.length)
    return { operations, state: { ...left, active, checksum: chunk.checksum } }
  operations.push({ type: 'put', key: keys.chunk(chunk.baseOffset), value: cutChunk(chunk, keptBytes) })
  return { operations, state: { ...left, active, checksum: previousChecksumAt(chunk.bytes, keptBytes) } }
}

function keptBatches({ batches }: Chunk, offset: Offset): readonly Batch[] {
  const following = batches.findIndex((batch) => batch.baseOffset >= offset)
  if (following === -1) {
    const last = batches.at(-1)
    if (last !== undefined && last.baseOffset + last.count === offset) return batches
  } else if (batches[following]?.baseOffset === offset) return batches.slice(0, following)
  throw new LogError('LOG_OFFSET_OUT_OF_RANGE', `cannot cut at ${offset}: it is inside a batch`, { offset })
}

function cutChunk(chunk: Chunk, keptBytes: number): Uint8Array {
  const target = encodeTarget(keptBytes)
  target.bytes.set(chunk.bytes.subarray(0, keptBytes))
  writeChunkHeader(target, 0, keptBytes, chunk.before)
  return target.bytes
}
