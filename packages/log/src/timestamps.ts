import type { Offset } from './batch.ts'
import { hole } from './chunk-store.ts'
import type { ChunkStore } from './chunk-store.ts'
import { assertInvariant } from './invariant.ts'
import type { TimestampOffset } from './log.ts'
import { progressAfter } from './log-state.ts'
import type { Segment } from './segment.ts'

/**
 * The first batch whose time is at or after `timestampMs`.
 *
 * Times need not ascend along a log. The largest time up to a place does, within a segment, and every chunk knows it: so
 * this is a binary search over the chunks of the first segment whose largest time is late enough.
 *
 * @throws LOG_CORRUPT, LOG_IO
 */
export async function findTimestamp(
  store: ChunkStore,
  segments: readonly Segment[],
  timestampMs: number,
): Promise<TimestampOffset | undefined> {
  const segment = segments.find(({ maxTimestampMs }) => maxTimestampMs >= timestampMs)
  if (segment === undefined) return undefined
  let low: Offset = segment.baseOffset
  let high: Offset = segment.endOffset
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const chunk = await store.chunkAt(middle)
    if (chunk === undefined || chunk.endOffset <= middle) throw hole(middle, undefined)
    const { before, batches, bytes } = chunk
    if (before.bytes > 0 && before.maxTimestampMs >= timestampMs) high = chunk.baseOffset
    else if (progressAfter(before, batches, bytes.byteLength).maxTimestampMs < timestampMs)
      low = chunk.endOffset
    else {
      const batch = batches.find((candidate) => candidate.timestampMs >= timestampMs)
      assertInvariant(batch !== undefined, 'the batch that raised the largest time is in its chunk')
      return { offset: batch.baseOffset, timestampMs: batch.timestampMs }
    }
  }
  throw hole(low, undefined)
}
