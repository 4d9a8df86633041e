import type { Batch, Epoch, Offset } from '@quorate/log'
import type { NodeId, RaftRequest, RaftResponse } from './messages.ts'

export type { RaftLog } from '@quorate/log'
export type { Cancel, Clock, Logger, Random } from '@quorate/transport'

/**
 * What became of a request that got no answer.
 *
 * - `refused`: the peer's machine answers and nobody listens. Its process is certainly not running.
 * - `disconnected`: the connection broke while the request was under way. The peer may have acted on it.
 * - `unreachable`: no connection, and no word why.
 * - `timeout`: no answer within the time given.
 */
export type DeliveryFailure = 'refused' | 'disconnected' | 'unreachable' | 'timeout'

/** Thrown by {@link RaftTransport.request}. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly reason: DeliveryFailure

  constructor(reason: DeliveryFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Answers a request of another node. Never rejects. */
export type RaftRequestHandler = (request: RaftRequest) => Promise<RaftResponse>

/**
 * How the nodes of a quorum talk. Messages are plain data and may be lost, delayed, repeated and reordered; they may
 * not be altered. `rpcTransport` in `@quorate/raft/rpc` implements it on `@quorate/transport`.
 */
export interface RaftTransport {
  /** Sends `request` to `to` and resolves with its answer. @throws DeliveryError, and nothing else */
  request(to: NodeId, request: RaftRequest, options: { readonly timeoutMs: number }): Promise<RaftResponse>
  /** From now on `handler` answers what others send. Until then, and after the returned function was called, nobody does. */
  serve(handler: RaftRequestHandler): () => void
}

/** Who leads, as far as this node knows. */
export interface Leadership {
  readonly epoch: Epoch
  readonly leaderId: NodeId | undefined
}

/**
 * What consumes the committed log: a fold, an index, a queue.
 *
 * Calls never overlap. Both methods are synchronous and must not throw: whatever they cannot digest is a broken
 * invariant, and the node stops (`RaftNode.failed`).
 */
export interface StateMachine {
  /**
   * Committed batches, in order, without gaps, each once while the node is open. Control batches are included, so that
   * the state machine knows which offset it is at; their payload is not for it.
   */
  apply(batches: readonly Batch[]): void
  /**
   * Leadership as it changes. A node that becomes leader hears of it only after `apply` was given everything before
   * its own epoch, so that its state is complete before it decides anything.
   */
  leadership(leadership: Leadership): void
}

/** Where a proposal will be if it is committed. */
export interface Proposal {
  readonly epoch: Epoch
  readonly baseOffset: Offset
  readonly lastOffset: Offset
}
