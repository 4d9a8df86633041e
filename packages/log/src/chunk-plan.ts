import { batchHeaderBytes } from './batch-codec.ts'
import type { Batch } from './batch.ts'
import { chunkHeaderBytes } from './chunk-codec.ts'
import { mustRoll } from './segment.ts'
import type { SegmentLimits, SegmentProgress } from './segment.ts'

/** Batches that go into one chunk: those from index `from` to before index `to`. */
export interface PlannedChunk {
  readonly from: number
  readonly to: number
  /** Bytes of the chunk, header included. */
  readonly bytes: number
  /** Its segment before and after it. `before.bytes` is 0 in the first chunk of a segment. */
  readonly before: SegmentProgress
  readonly after: SegmentProgress
}

/** How large a chunk may grow, and a segment. */
export interface ChunkLimits extends SegmentLimits {
  readonly maxChunkBytes: number
}

/**
 * Distributes `batches` over chunks and segments, behind the segment `active`.
 *
 * A chunk ends before it exceeds `maxChunkBytes`, so that reading one batch does not mean reading a whole commit; a
 * segment ends before it exceeds its limits. A batch that is larger than either gets one of its own.
 */
export function planChunks(
  batches: readonly Batch[],
  active: SegmentProgress | undefined,
  limits: ChunkLimits,
): PlannedChunk[] {
  const chunks: PlannedChunk[] = []
  let segment = active
  for (let from = 0; from < batches.length;) {
    const chunk = planChunk(batches, from, segment, limits)
    chunks.push(chunk)
    segment = chunk.after
    from = chunk.to
  }
  return chunks
}

function planChunk(
  batches: readonly Batch[],
  from: number,
  segment: SegmentProgress | undefined,
  limits: ChunkLimits,
): PlannedChunk {
  let before: SegmentProgress | undefined
  let bytes = chunkHeaderBytes
  let maxTimestampMs = 0
  let to = from
  for (; to < batches.length; to += 1) {
    const { baseOffset, timestampMs, payload } = batches[to]!
    const batchBytes = batchHeaderBytes + payload.byteLength
    if (before === undefined) {
      const begins = segment === undefined || mustRoll(segment, bytes + batchBytes, timestampMs, limits)
      before = begins ? { baseOffset, bytes: 0, firstTimestampMs: timestampMs, maxTimestampMs: 0 } : segment
      maxTimestampMs = before.maxTimestampMs
    } else if (
      bytes + batchBytes > limits.maxChunkBytes ||
      mustRoll(before, bytes + batchBytes, timestampMs, limits)
    ) {
      break
    }
    bytes += batchBytes
    if (timestampMs > maxTimestampMs) maxTimestampMs = timestampMs
  }
  const after = { ...before!, bytes: before!.bytes + bytes, maxTimestampMs }
  return { from, to, bytes, before: before!, after }
}
