import type { Epoch, Offset } from '@quorate/log'
import type { Leadership, RaftStatus } from '@quorate/raft'

/** What an operation decided: records to append together, and what to answer once they are committed. */
export interface Decision<Rec, Response> {
  /** Appended as one batch: all or none. May be empty: the answer is then a linearizable read. */
  readonly records: readonly Rec[]
  readonly response: Response
}

/** The step from one published image to the next. */
export interface Change<Image, Rec> {
  /** The records that lead from `previous` to `image`. */
  readonly delta: readonly Rec[]
  readonly previous: Image
  readonly image: Image
  /** Offset after the last record in `image`. */
  readonly offset: Offset
  readonly epoch: Epoch
  /** When the leader appended the last batch of the delta; 0 if there is none. */
  readonly timestampMs: number
  /**
   * `delta` rebuilds `image` from the empty one, and `previous` is the empty one: forget what was known before. True
   * for the first change of every reader, and again after it fell too far behind.
   */
  readonly snapshot: boolean
}

/** Who leads, and whether it is this node. It turns true only after everything before the reign was folded. */
export type StoreLeadership = Leadership & { readonly leading: boolean }

/** A replicated store: the committed image, the stream of its changes, and one way to write. */
export interface Store<Image, Rec> extends AsyncDisposable {
  /** The newest committed image. Immutable and never torn: keep it as long as you like. */
  readonly image: Image
  /** Offset after the last record folded into `image`. */
  readonly offset: Offset
  /** Who leads, as this node knows it. */
  readonly leadership: StoreLeadership

  /**
   * Runs `decide` on the newest image of the leader, which includes what is not committed yet, appends its records,
   * and resolves with its response once they are committed.
   *
   * `decide` is synchronous and pure. What it throws is what `write` rejects with; nothing is written then.
   *
   * @throws STORE_NOT_LEADER (nothing written; `details.leaderId` says who may be), STORE_RECORD_INVALID and
   *   STORE_BATCH_TOO_LARGE (nothing written), STORE_OVERLOADED (nothing written; retry later),
   *   STORE_OUTCOME_UNKNOWN (leadership was lost or the store closed: the records may or may not be committed later),
   *   STORE_CLOSED
   */
  write<Response>(decide: (image: Image, next: Offset) => Decision<Rec, Response>): Promise<Response>

  /**
   * Committed changes: first one that carries the whole image, then one a batch. A slow reader gets several batches
   * merged into one change, never a gap.
   */
  changes(options?: { readonly signal?: AbortSignal }): AsyncIterable<Change<Image, Rec>>

  /** Leadership now, and then as it changes. A slow reader sees only the newest. */
  leaderships(options?: { readonly signal?: AbortSignal }): AsyncIterable<StoreLeadership>

  /** Resolves once `offset` is at least the one given. @throws STORE_CLOSED, or the signal's reason */
  reached(offset: Offset, options?: { readonly signal?: AbortSignal }): Promise<void>

  /**
   * After it resolves, `image` is at least as new as the call, on whichever node it is called: every write that was
   * acknowledged anywhere before is in it. It writes nothing; a majority confirms that the leader still leads (Raft §6.4).
   *
   * @returns the offset of that moment, which other nodes can wait for with `reached`
   * @throws STORE_NOT_LEADER (no leader is known, it changed or does not answer: ask again), STORE_CLOSED, or the signal's
   *   reason
   */
  barrier(options?: { readonly signal?: AbortSignal }): Promise<Offset>

  /** The quorum as this node sees it. */
  status(): RaftStatus

  /** Settles when the node stopped by itself, with the reason: a broken invariant, a failed disk. Never after `close`. */
  readonly failed: Promise<Error>

  /** A leader hands over first; what waits rejects with STORE_OUTCOME_UNKNOWN or STORE_CLOSED. Idempotent. */
  close(): Promise<void>
}
