import type { Batch, Offset } from './batch.ts'
import type { Operation } from './database.ts'
import { epochAt } from './epochs.ts'
import type { SealedSegment, Segment, SegmentProgress } from './segment.ts'
import type { Start } from './start.ts'
import type { Tail } from './tail.ts'

/** Everything that is known of a log in a database without reading its chunks. Never changed, only replaced. */
export interface LogState {
  readonly tail: Tail
  readonly start: Start
  /** Segments that take no more batches, without a gap from the start of the log. */
  readonly sealed: readonly SealedSegment[]
  /** The segment behind them that the next batch goes into; `undefined` until it has one. */
  readonly active: SegmentProgress | undefined
  /** Checksum of the last batch, which the next one continues. */
  readonly checksum: number
}

/** A change of a log that is not made yet: what to write, and what is true once that is durable. */
export interface Change {
  readonly operations: Operation[]
  readonly state: LogState
}

/** All segments of a log, in order, the active one included. */
export function segmentsOf({ sealed, active, tail }: LogState): readonly Segment[] {
  if (active === undefined) return sealed
  return [
    ...sealed,
    {
      ...active,
      endOffset: tail.endOffset,
      firstEpoch: epochAt(tail.epochs, active.baseOffset),
      lastEpoch: epochAt(tail.epochs, tail.endOffset - 1),
    },
  ]
}

/** The largest end of a segment that is not above `offset`: how far the log can be dropped. Its start if there is none. */
export function segmentBoundary({ sealed, tail }: LogState, offset: Offset): Offset {
  if (offset >= tail.endOffset) return tail.endOffset
  return sealed.findLast(({ endOffset }) => endOffset <= offset)?.endOffset ?? tail.startOffset
}

/** The segment that stood at `before`, behind a chunk of `batches` that takes `bytes`. */
export function progressAfter(
  before: SegmentProgress,
  batches: readonly Batch[],
  bytes: number,
): SegmentProgress {
  let { maxTimestampMs } = before
  for (const { timestampMs } of batches) maxTimestampMs = Math.max(maxTimestampMs, timestampMs)
  return { ...before, bytes: before.bytes + bytes, maxTimestampMs }
}
