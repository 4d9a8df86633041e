import type { Batch, Epoch, Offset } from './batch.ts'
import type { RaftLog } from './raft-log.ts'
import type { RecoveryReport } from './recovery/report.ts'
import type { ScrubOptions, ScrubProgress } from './scrub/scrub.ts'
import type { Segment } from './segment.ts'

/** A batch that has no place in the log yet. */
export interface NewBatch {
  /** Opaque to the log. It must not change before the append has resolved. */
  readonly payload: Uint8Array
  /** Number of records in the payload. @default 1 */
  readonly count?: number
  /** Not below the log's last epoch. @default the log's last epoch, or 0 while the log is empty */
  readonly epoch?: Epoch
  /** Bit set of `BatchAttribute`. @default 0 */
  readonly attributes?: number
  /** Whole milliseconds since 1970. @default the `now` of the log when the write begins */
  readonly timestampMs?: number
}

/** An epoch and the offset after its last record. */
export interface EpochEnd {
  readonly epoch: Epoch
  readonly endOffset: Offset
}

/** A batch that was found by its time. */
export interface TimestampOffset {
  readonly offset: Offset
  readonly timestampMs: number
}

/** Where a tailing reader begins, and how much it holds. */
export interface TailOptions {
  /** Offset to begin with; the first batch is the one that holds it. @default the log's `startOffset` */
  readonly from?: Offset
  /** Payload bytes that are read ahead of the consumer, unless a single batch is larger. @default 1 MiB */
  readonly maxBytes?: number
  /**
   * Batches that were given out were cut off: the log ended at `endOffset` and what comes next begins there. Called
   * between two batches, and while the iteration waits. Undo what was done from there on.
   *
   * @default the iteration throws LOG_TRUNCATED
   */
  readonly onTruncate?: (endOffset: Offset) => void
  /** Ends the iteration, also while it waits. */
  readonly signal?: AbortSignal
}

/** An ordered, durable, replayable log, for consensus or for use by itself. */
export interface Log extends RaftLog, AsyncDisposable {
  /** What opening the log found. */
  readonly recovery: RecoveryReport

  /**
   * Appends `batches`, all or none, and resolves when they are on disk.
   *
   * Offsets are assigned in call order, across `append`, `write` and `truncate`. If the write fails the log closes for
   * writing and every waiting call rejects: whether those batches survive is unknown until the log is reopened.
   *
   * @param options.signal Takes the batches back as long as they wait; once their write began it has no effect.
   * @returns the base offset of each batch, in order
   * @throws LOG_CLOSED, LOG_FAILED (outcome unknown), LOG_BATCH_INVALID, LOG_BATCH_TOO_LARGE and LOG_QUEUE_FULL (nothing
   *   written), or the signal's reason (nothing written)
   */
  append(batches: readonly NewBatch[], options?: { readonly signal?: AbortSignal }): Promise<Offset[]>

  /**
   * Cuts the log at `offset`, which becomes its end; resolves when that is on disk. Atomic, like every write.
   *
   * @throws LOG_OFFSET_OUT_OF_RANGE (outside the log or inside a batch; nothing written), LOG_CLOSED, LOG_FAILED
   */
  truncate(offset: Offset): Promise<void>

  /**
   * The largest epoch not above `epoch`, and where it ends; `undefined` if every batch has a larger one.
   *
   * Two logs agree at least up to the smaller of their ends of the same epoch (Raft §5.3, KIP-101).
   */
  endOffsetForEpoch(epoch: Epoch): EpochEnd | undefined

  /**
   * The first batch whose time is at or after `timestampMs`, in milliseconds since 1970; `undefined` if all are earlier.
   *
   * Times are those that the batches were appended with, and need not ascend. In a log on disk this is a binary search.
   *
   * @throws LOG_CORRUPT, LOG_IO, LOG_CLOSED
   */
  offsetForTimestamp(timestampMs: number): Promise<TimestampOffset | undefined>

  /** The ranges that are dropped as a whole, in order and without a gap; the last takes the next batch, or a new one does. */
  readonly segments: readonly Segment[]

  /**
   * Gives the space of what was dropped since the last time back to the disk, now. The log does it by itself from time
   * to time, when nobody writes.
   *
   * @throws LOG_IO, LOG_CLOSED
   */
  compact(): Promise<void>

  /**
   * Every batch from `from` on, in order and without a gap: first what is there, then each one as it becomes durable.
   *
   * Nothing is read while the consumer is busy, so a slow one holds at most `maxBytes`. The iteration ends when the
   * signal aborts or the log is closed. It throws
   *
   * - LOG_TRUNCATED when batches that it gave out were cut off and there is no `onTruncate`; `details.endOffset` is
   *   where. A cut behind what was given out goes unnoticed: what replaced it comes next.
   * - LOG_OFFSET_OUT_OF_RANGE when what it would read next is not in the log (any more): `details.startOffset` is where
   *   a consumer that can do without goes on.
   * - LOG_FAILED after the last durable batch, once a write failed.
   * - LOG_CORRUPT and LOG_IO, as `read` does.
   *
   * @throws TypeError for options that make no sense
   */
  tail(options?: TailOptions): AsyncIterable<Batch>

  /**
   * Reads everything there is at a set rate, in the background of everything else, and verifies it: LevelDB's tables with
   * the checksums that LevelDB does not look at, and every batch with its own, its place and its predecessor. What is
   * appended meanwhile is read too. Nothing is changed.
   *
   * @returns how far it is, after each step of about 1 MiB; it ends when all was good
   * @throws LOG_CORRUPT while iterating, at the first that is bad: `details.offset`, or `details.file` and
   *   `details.position` of a table; LOG_CLOSED, LOG_IO, the signal's reason; TypeError for options that make no sense
   */
  scrub(options?: ScrubOptions): AsyncIterable<ScrubProgress>
}
