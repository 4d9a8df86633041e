import type { Epoch, LogWrite, Offset, SnapshotId } from '@quorate/log'
import type {
  FetchResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  NodeId,
  RaftRequest,
  RaftResponse,
  SnapshotChunk,
  Voter,
} from '../messages.ts'
import type { WriteId } from './events.ts'
import type { VoterChangeOutcome } from './voter-change.ts'

/** Which part of which snapshot is asked for. */
export type SnapshotPart = Pick<FetchSnapshotRequest, 'snapshotId' | 'position' | 'maxBytes'>

/**
 * What the driver must do, in the order given.
 *
 * `after` names a write that must be durable first: no message leaves before the epoch and the vote it speaks of are on
 * disk (Raft §5.1, "updated on stable storage before responding").
 */
export type Effect =
  /** Perform the write after all earlier ones, and report it with a `written` event. */
  | { readonly type: 'write'; readonly id: WriteId; readonly write: LogWrite }
  | {
      readonly type: 'request'
      readonly correlationId: number
      readonly to: NodeId
      readonly request: RaftRequest
      readonly timeoutMs: number
      readonly after: WriteId
    }
  | {
      readonly type: 'reply'
      readonly requestId: number
      readonly response: RaftResponse
      readonly after: WriteId
    }
  /** Answer a fetch with batches from offset `from` on, if this node still leads `response.epoch` once they are read. */
  | {
      readonly type: 'reply-batches'
      readonly requestId: number
      readonly response: FetchResponse
      readonly from: Offset
      readonly after: WriteId
    }
  /** Answer with a part of a snapshot, if there is one and this node still leads `response.epoch` once it is read. */
  | {
      readonly type: 'reply-chunk'
      readonly requestId: number
      readonly response: FetchSnapshotResponse
      readonly part: SnapshotPart
      readonly after: WriteId
    }
  /** Prepare to receive this snapshot, instead of any other; a `snapshot-stored` or `snapshot-complete` event follows. */
  | { readonly type: 'receive-snapshot'; readonly snapshotId: SnapshotId }
  /** Store a part; `snapshot-stored`, `snapshot-complete` or `snapshot-refused` follows. */
  | { readonly type: 'store-chunk'; readonly chunk: SnapshotChunk }
  /** Nobody waits any more for the snapshot that is being received. */
  | { readonly type: 'drop-received' }
  /**
   * After all earlier writes: empty the log so that it goes on where `snapshot` ends, and report that as write `id`. The
   * state machine loads the snapshot.
   */
  | {
      readonly type: 'install-snapshot'
      readonly id: WriteId
      readonly snapshot: SnapshotId
      /** Where the log began: what is behind that may be another history than the snapshot's. */
      readonly historyEnd: Offset
    }
  /** Everything before this offset is committed and durable here. */
  | { readonly type: 'commit'; readonly highWatermark: Offset }
  /** This read may go ahead once everything before `offset` is applied here. */
  | { readonly type: 'read-index'; readonly readId: number; readonly offset: Offset }
  /** Leadership ended before this read could go ahead. */
  | { readonly type: 'read-failed'; readonly readId: number }
  /** This node resigns, because its disk has not finished a write in time. */
  | { readonly type: 'disk-stalled' }
  /** The voter that was to lead did not catch up in time: this node goes on leading. */
  | { readonly type: 'transfer-taken-back'; readonly to: NodeId }
  /** These are the voters in effect from now on, committed or not. */
  | { readonly type: 'voters'; readonly voters: readonly Voter[] }
  /** What became of a change of the voters. */
  | { readonly type: 'voter-change'; readonly changeId: number; readonly outcome: VoterChangeOutcome }
  /** Leadership changed. `epochStart` is set when this node leads. */
  | {
      readonly type: 'leadership'
      readonly epoch: Epoch
      readonly leaderId: NodeId | undefined
      readonly epochStart?: Offset
    }
