import type { Offset } from './batch.ts'
import type { Segment } from './segment.ts'

/** What of a log is kept. What is absent sets no limit. */
export interface RetentionLimits {
  readonly retentionBytes?: number | undefined
  readonly retentionMs?: number | undefined
}

/**
 * Where a log with these `segments` should begin at `nowMs`, milliseconds since 1970: behind every segment at its start
 * whose last batch in time is older than `retentionMs`, or without which the rest still has `retentionBytes`.
 */
export function retentionOffset(
  segments: readonly Segment[],
  { retentionBytes, retentionMs }: RetentionLimits,
  nowMs: number,
): Offset | undefined {
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
  let offset: Offset | undefined
  for (const segment of segments) {
    const expired = retentionMs !== undefined && segment.maxTimestampMs + retentionMs <= nowMs
    const surplus = retentionBytes !== undefined && bytes - segment.bytes >= retentionBytes
    if (!expired && !surplus) break
    bytes -= segment.bytes
    offset = segment.endOffset
  }
  return offset
}
