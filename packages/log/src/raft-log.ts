import type { Batch, Epoch, Offset } from './batch.ts'

/** What a voter must remember across restarts (Raft §5.1, KIP-853): the epoch it is in and its vote in it. */
export interface HardState {
  readonly epoch: Epoch
  /** The candidate voted for in `epoch`; absent while no vote was given. */
  readonly vote?: Vote
}

/** A vote names a candidate and the directory it keeps its log in, so that a replaced disk is another voter. */
export interface Vote {
  readonly id: number
  readonly directoryId: string
}

/** An epoch and the offset of the first batch that carries it. */
export interface EpochStart {
  readonly epoch: Epoch
  readonly startOffset: Offset
}

/** One atomic change of a log: the suffix is cut first, then the batches go on, then the hard state is replaced. */
export interface LogWrite {
  /** The log's end offset after the cut. Must be a batch boundary between the log's start and its end. */
  readonly truncateTo?: Offset
  /** Contiguous batches; the first starts at the end of the log as it is after `truncateTo`. */
  readonly batches?: readonly Batch[]
  readonly hardState?: HardState
}

/**
 * The storage that consensus needs, and all of it. `openLog` and `openMemoryLog` implement it.
 *
 * The getters describe what is *durable*. They change only when a write resolves.
 */
export interface RaftLog {
  /** Offset of the first record that is still in the log; equals `endOffset` while the log is empty. */
  readonly startOffset: Offset
  /** Offset that the next durable record will get. */
  readonly endOffset: Offset
  /** Every epoch that has a batch in the log, ascending. */
  readonly epochs: readonly EpochStart[]
  /** `undefined` until the first write that carried one. */
  readonly hardState: HardState | undefined

  /**
   * Performs one change, atomically: after a crash either all of it or none of it is there.
   *
   * Writes take effect in call order. Any number may be in flight; those that wait share a sync. If one fails the
   * log closes for writing, and it and all after it reject: whether they survive is unknown until the log is reopened.
   *
   * @returns when the change is on disk
   * @throws LOG_CLOSED, LOG_FAILED (outcome unknown), LOG_BATCH_INVALID or LOG_BATCH_TOO_LARGE (nothing written),
   *   LOG_OFFSET_OUT_OF_RANGE (a gap, or a cut outside the log; nothing written)
   */
  write(write: LogWrite): Promise<void>

  /**
   * Reads whole batches in order, beginning with the one that holds `from`.
   *
   * Stops before the batch that would take the sum of payload bytes over `maxBytes`, but returns at least one batch
   * if there is one. `from === endOffset` gives an empty array. Every batch's checksum is verified.
   *
   * @throws LOG_OFFSET_OUT_OF_RANGE, LOG_CORRUPT, LOG_CLOSED
   */
  read(from: Offset, options?: { readonly maxBytes?: number }): Promise<readonly Batch[]>

  /**
   * Drops every segment that ends at or before `offset`, so that the log begins at the first one that is left. With
   * `offset` at the end of the log, everything is dropped. Atomic and durable; the space is given back afterwards.
   *
   * A segment is kept whole, so the log may still begin before `offset`, or be unchanged.
   *
   * @returns the start of the log
   * @throws LOG_OFFSET_OUT_OF_RANGE (behind the end of the log; nothing done), LOG_CLOSED, LOG_FAILED
   */
  deleteBefore(offset: Offset): Promise<Offset>

  /**
   * Forgets every batch and goes on, empty, at `offset`, as if the batch before it had been one of `epoch`: what a
   * follower does that takes a snapshot in place of a log. The hard state stays. Atomic and durable.
   *
   * @throws LOG_OFFSET_OUT_OF_RANGE (before the end of the log: truncate first), LOG_BATCH_INVALID (an epoch below the
   *   log's last), LOG_CLOSED, LOG_FAILED
   */
  reset(offset: Offset, epoch: Epoch): Promise<void>

  /** Waits for the writes under way, then releases the storage. Idempotent. */
  close(): Promise<void>
}
