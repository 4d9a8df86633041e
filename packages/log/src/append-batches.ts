import { batchHeaderBytes, writeBatch } from './batch-codec.ts'
import type { EncodeTarget } from './batch-codec.ts'
import type { Batch } from './batch.ts'
import { writeChunkHeader, chunkHeaderBytes } from './chunk-codec.ts'
import { planChunks } from './chunk-plan.ts'
import type { ChunkLimits } from './chunk-plan.ts'
import type { Operation } from './database.ts'
import type { EncodeBuffers } from './encode-buffers.ts'
import { encodeEpochStart, epochAt } from './epochs.ts'
import type { Keys } from './keys.ts'
import type { Change, LogState } from './log-state.ts'
import { encodeSegment } from './segment.ts'
import type { SealedSegment } from './segment.ts'
import type { Tail } from './tail.ts'

/** Where to append, in which pieces, and where they are encoded. */
export interface AppendTarget {
  readonly keys: Keys
  readonly limits: ChunkLimits
  readonly buffers: EncodeBuffers
}

/** Batches to be appended. */
export interface Appended extends Change {
  /** What they were encoded in, to be given back once they are written. */
  readonly encoded: EncodeTarget | undefined
}

/** Plans to append `batches`, which continue `state` and bring the log to `tail`. All of them share one buffer. */
export function appendBatches(
  { keys, limits, buffers }: AppendTarget,
  state: LogState,
  batches: readonly Batch[],
  tail: Tail,
): Appended {
  if (batches.length === 0) return { operations: [], state: { ...state, tail }, encoded: undefined }
  const chunks = planChunks(batches, state.active, limits)
  let bytes = 0
  for (const chunk of chunks) bytes += chunk.bytes
  const target = buffers.take(bytes)
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
    const key = keys.chunk(batches[from]!.baseOffset)
    operations.push({ type: 'put', key, value: target.bytes.subarray(start, position) })
    start += chunkBytes
    active = after
  }
  if (tail.epochs !== state.tail.epochs)
    for (const epochStart of tail.epochs.slice(state.tail.epochs.length))
      operations.push({ type: 'put', key: keys.epoch(epochStart.epoch), value: encodeEpochStart(epochStart) })
  return {
    operations,
    encoded: target,
    state: {
      tail,
      start: state.start,
      sealed: sealed.length === 0 ? state.sealed : [...state.sealed, ...sealed],
      active,
      checksum,
    },
  }
}
