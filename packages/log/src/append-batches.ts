import { batchHeaderBytes, encodeTarget, writeBatch } from './batch-codec.ts'
import type { Batch } from './batch.ts'
import { writeChunkHeader, chunkHeaderBytes } from './chunk-codec.ts'
import { planChunks } from './chunk-plan.ts'
import type { ChunkLimits } from './chunk-plan.ts'
import type { Operation } from './database.ts'
import { encodeEpochStart, epochAt } from './epochs.ts'
import type { Keys } from './keys.ts'
import type { Change, LogState } from './log-state.ts'
import { encodeSegment } from './segment.ts'
import type { SealedSegment } from './segment.ts'
import type { Tail } from './tail.ts'

/** Plans to append `batches`, which continue `state` and bring the log to `tail`. All of them share one buffer. */
export function appendBatches(
  keys: Keys,
  limits: ChunkLimits,
  state: LogState,
  batches: readonly Batch[],
  tail: Tail,
): Change {
  if (batches.length === 0) return { operations: [], state: { ...state, tail } }
  const chunks = planChunks(batches, state.active, limits)
  let bytes = 0
  for (const chunk of chunks) bytes += chunk.bytes
  const target = encodeTarget(bytes)
  const operations: Operation[] = []
  const sealed: SealedSegment[] = []
  let { active, checksum } = state
  let start = 0
  for (const { from, to, bytes: chunkBytes, before, after } of chunks) {
    if (before.bytes === 0 && active !== undefined) {
      const endOffset = before.baseOffset
      const firstEpoch = epochAt(tail.epochs, active.baseOffset)
      const lastEpoch = epochAt(tail.epochs, endOffset - 1)
      const segment = { ...active, endOffset, firstEpoch, lastEpoch, checksum }
      sealed.push(segment)
      operations.push({ type: 'put', key: keys.segment(segment.baseOffset), value: encodeSegment(segment) })
    }
    let position = start + chunkHeaderBytes
    for (let index = from; index < to; index += 1) {
      const batch = batches[index]!
      checksum = writeBatch(target, position, batch, checksum)
      position += batchHeaderBytes + batch.payload.byteLength
    }
    writeChunkHeader(target, start, position, before)
    const value = start === 0 && position === bytes ? target.bytes : target.bytes.subarray(start, position)
    operations.push({ type: 'put', key: keys.chunk(batches[from]!.baseOffset), value })
    start += chunkBytes
    active = after
  }
  if (tail.epochs !== state.tail.epochs)
    for (const epochStart of tail.epochs.slice(state.tail.epochs.length))
      operations.push({ type: 'put', key: keys.epoch(epochStart.epoch), value: encodeEpochStart(epochStart) })
  return {
    operations,
    state: {
      tail,
      start: state.start,
      sealed: sealed.length === 0 ? state.sealed : [...state.sealed, ...sealed],
      active,
      checksum,
    },
  }
}
