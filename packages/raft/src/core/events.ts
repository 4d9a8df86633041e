import type { NodeId, RaftRequest, RaftResponse } from '../messages.ts'
import type { DeliveryFailure } from '../ports.ts'

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
  /** To the leader only. */
  | { readonly type: 'propose'; readonly payload: NewPayload }
  /** A linearizable read on this node, which leads: a `read-index` or `read-failed` effect with the same id follows. */
  | { readonly type: 'read'; readonly readId: number }
  /** To the leader only: hand leadership to another voter. */
  | { readonly type: 'transfer'; readonly to: NodeId }
  /** Give up leadership, if this node has it. */
  | { readonly type: 'resign' }

/** Who was asked what, kept until the answer comes. */
export interface SentRequest {
  readonly to: NodeId
  readonly request: RaftRequest
}
