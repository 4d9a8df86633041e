import type { Batch, Epoch, SnapshotId } from '@quorate/log'
import type { Endpoints, NodeId, RaftRequest, RaftResponse } from './messages.ts'

export type { RaftLog, SnapshotId, SnapshotInfo, Snapshots } from '@quorate/log'
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
  /**
   * Says where the node `id` listens, as the log or another node has it. Called whenever that is heard of, often with what
   * is known already. Transports that know by other means leave it out.
   */
  meet?(id: NodeId, endpoints: Endpoints): void
}

/** Who leads, as far as this node knows. */
export interface Leadership {
  readonly epoch: Epoch
  readonly leaderId: NodeId | undefined
}

/**
 * What consumes the committed log: a fold, an index, a queue.
 *
 * Calls never overlap. `apply` and `leadership` are synchronous and must not throw: whatever they cannot digest is a
 * broken invariant, and the node stops (`RaftNode.failed`). `snapshot` and `load` go together; without them there are no
 * snapshots.
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
  /**
   * The whole state as it is now, in pieces of bytes, for `load` to read on any node.
   *
   * The call returns at once; the pieces are taken one after the other while `apply` goes on, and must not show what it
   * does meanwhile: iterate over an immutable image, or copy on write. Yield to the event loop between pieces of some
   * 100 KiB by being an async iterable, if making them takes long. What it throws costs this snapshot, not the node.
   *
   * The same state should give the same bytes everywhere, so that a transfer that began at one leader can go on at the next.
   */
  snapshot?(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /**
   * Replaces the whole state with that of a snapshot, which stands for everything before `snapshot.endOffset`.
   *
   * `contents` comes in pieces of any size, verified; it is read once, to its end, and throws there if the whole is damaged.
   * So keep the old state until it has ended. Nothing else is called before the promise settles. If it rejects, and
   * there is no older snapshot to begin with, the node stops.
   */
  load?(contents: AsyncIterable<Uint8Array>, snapshot: SnapshotId): Promise<void>
}
