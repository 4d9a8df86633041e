import type { SnapshotId } from '@quorate/log'
import type { NodeId, RaftRequest, RaftResponse, Voter } from '../messages.ts'
import type { DeliveryFailure } from '../ports.ts'
import type { VoterChangeRequest } from './voter-change.ts'
import type { VoterHistoryStart } from './voter-history.ts'

/** Names a log write; ascending. */
export type WriteId = number

/** A payload to append, before it has an offset. */
export interface NewPayload {
  readonly payload: Uint8Array
  readonly count: number
  readonly attributes: number
  readonly timestampMs: number
}

/** Everything that can happen to a node. */
export type Event =
  /** The log was searched for voters. The first event of all, and only once. */
  | { readonly type: 'begin'; readonly voters: VoterHistoryStart }
  /** Time passed; sent at the latest at `nextDeadlineMs`. */
  | { readonly type: 'tick' }
  /** Another node asks; the answer is a `reply` effect with the same id. */
  | { readonly type: 'request'; readonly requestId: number; readonly request: RaftRequest }
  | { readonly type: 'response'; readonly correlationId: number; readonly response: RaftResponse }
  | { readonly type: 'failure'; readonly correlationId: number; readonly reason: DeliveryFailure }
  /** This write, and all before it, are durable. */
  | { readonly type: 'written'; readonly id: WriteId }
  /**
   * The effects so far were performed, and nothing was proposed because of them: followers that wait may be told of a
   * high watermark now that no batch will carry it. Sent while `hasUntoldCommits`.
   */
  | { readonly type: 'settled' }
  /** Of the snapshot that is being received, everything before `position` is stored. */
  | { readonly type: 'snapshot-stored'; readonly snapshotId: SnapshotId; readonly position: number }
  /** The snapshot that was being received is whole, and durable. `voters` are those at its end, if a record named them. */
  | {
      readonly type: 'snapshot-complete'
      readonly snapshotId: SnapshotId
      readonly voters: readonly Voter[] | undefined
    }
  /** It came damaged, or could not be stored: nothing of it is kept. */
  | { readonly type: 'snapshot-refused'; readonly snapshotId: SnapshotId }
  /** This node made a snapshot, which is durable; those it keeps begin with `oldest`, and the log is cut there. */
  | { readonly type: 'snapshot-made'; readonly snapshotId: SnapshotId; readonly oldest: SnapshotId }
  /** To the leader only. */
  | { readonly type: 'propose'; readonly payload: NewPayload }
  /** A linearizable read on this node, which leads: a `read-index` or `read-failed` effect with the same id follows. */
  | { readonly type: 'read'; readonly readId: number }
  /** To the leader only: hand leadership to another voter. */
  | { readonly type: 'transfer'; readonly to: NodeId }
  /** To the leader only: add or remove a voter. A `voter-change` effect with the same id follows, sooner or later. */
  | ({ readonly type: 'change-voters' } & VoterChangeRequest)
  /** Whoever wanted this change does not wait for it any more. It is dropped unless its record is appended. */
  | { readonly type: 'cancel-voter-change'; readonly changeId: number }
  /** Give up leadership, if this node has it. */
  | { readonly type: 'resign' }

/** Who was asked what, kept until the answer comes. */
export interface SentRequest {
  readonly to: NodeId
  readonly request: RaftRequest
}
