import type { Batch, Epoch, Offset, SnapshotId } from '@quorate/log'

/** A node of the quorum: a voter, or an observer that only follows. Non-negative, unique in the cluster. */
export type NodeId = number

/** Where a node listens, by the name of a listener, in the form that the transport wants. */
export type Endpoints = Readonly<Record<string, string>>

/**
 * One of those that elect and commit: a node and the directory its log is in (KIP-853).
 *
 * A node whose disk was replaced has another directory, and is another voter: it never acts on what the old one promised.
 */
export interface Voter {
  readonly id: NodeId
  /** Absent only until the node was first heard of: then the leader fills it in. */
  readonly directoryId?: string
  /** Where the others reach it, if the transport does not know by other means. */
  readonly endpoints?: Endpoints
}

/** A voter as changes name it: on one disk and no other. */
export type NamedVoter = Voter & { readonly directoryId: string }

/** What every request says about its sender. A cluster id that differs is refused with INCONSISTENT_CLUSTER_ID. */
interface Envelope {
  readonly clusterId: string
  /** Epoch of the sender; of the candidacy, in a vote request. */
  readonly epoch: Epoch
}

/** Asks for a vote in `epoch`; with `preVote`, only whether it would be given (Raft §5.2 and §9.6, KIP-996). */
export interface VoteRequest extends Envelope {
  readonly type: 'vote'
  readonly candidateId: NodeId
  readonly candidateDirectoryId: string
  /** The voter that is asked. Any other node, also the same one on another disk, refuses with INVALID_VOTER_KEY. */
  readonly voterId: NodeId
  /** Absent while the candidate does not know it. */
  readonly voterDirectoryId?: string
  /** Epoch of the last batch in the candidate's log, 0 for an empty log. */
  readonly lastEpoch: Epoch
  /** Where the candidate's log ends. */
  readonly endOffset: Offset
  readonly preVote: boolean
}

/** Says who leads `epoch`. Sent to voters until they fetch. */
export interface BeginQuorumEpochRequest extends Envelope {
  readonly type: 'begin-quorum-epoch'
  readonly leaderId: NodeId
  /** Where to fetch from, if the leader knows its own endpoints. */
  readonly leaderEndpoints?: Endpoints
  /** The voter that is told. Any other node refuses with INVALID_VOTER_KEY. */
  readonly voterId: NodeId
  /** Absent while the leader does not know it. */
  readonly voterDirectoryId?: string
}

/** Says that the leader of `epoch` gives up. The first successor stands for election at once, the others a little later. */
export interface EndQuorumEpochRequest extends Envelope {
  readonly type: 'end-quorum-epoch'
  readonly leaderId: NodeId
  /** Voters, the one with the longest log first. */
  readonly preferredSuccessors: readonly NodeId[]
}

/** Asks the leader for batches, and tells it that everything before `fetchOffset` is durable at the sender. */
export interface FetchRequest extends Envelope {
  readonly type: 'fetch'
  readonly replicaId: NodeId
  readonly replicaDirectoryId: string
  /** The directory was made to join a quorum that was there already: it is that of no voter whose directory is not known. */
  readonly isJoiner?: true
  readonly fetchOffset: Offset
  /** Epoch of the batch before `fetchOffset`, 0 if there is none. The leader compares it with its own log. */
  readonly lastFetchedEpoch: Epoch
  /** The sender's high watermark. The leader answers at once when its own is higher. */
  readonly highWatermark: Offset
  /** How long the leader may hold the request while it has nothing new. */
  readonly maxWaitMs: number
  /** The newest round of reads that the sender saw in a response of this leader, 0 for none (Raft §6.4). */
  readonly readRound: number
  /**
   * Milliseconds, on its own clock, for which the sender votes for nobody after it took in the response that named
   * `readRound`. Absent if it promises nothing.
   */
  readonly leaseMs?: number
}

/** Asks the leader from which offset on a linearizable read may go ahead (Raft §6.4). Any node may ask. */
export interface ReadIndexRequest extends Envelope {
  readonly type: 'read-index'
}

/**
 * Asks the leader for a part of a snapshot that it named. Followers and observers ask for one part after the other, in
 * place of fetching, so it counts as a sign of life like a fetch.
 */
export interface FetchSnapshotRequest extends Envelope {
  readonly type: 'fetch-snapshot'
  readonly replicaId: NodeId
  readonly replicaDirectoryId: string
  /** The directory was made to join a quorum that was there already: it is that of no voter whose directory is not known. */
  readonly isJoiner?: true
  readonly snapshotId: SnapshotId
  /** Where in the snapshot the part begins: what the sender has of it. In bytes. */
  readonly position: number
  /** Most bytes to answer with. */
  readonly maxBytes: number
}

/** Any request between the nodes of a quorum. */
export type RaftRequest =
  | VoteRequest
  | BeginQuorumEpochRequest
  | EndQuorumEpochRequest
  | FetchRequest
  | FetchSnapshotRequest
  | ReadIndexRequest

/** Why a request was not served. The epoch and leader that come with it are true in any case. */
export type RaftRefusal =
  | 'FENCED_LEADER_EPOCH'
  | 'INCONSISTENT_CLUSTER_ID'
  | 'INVALID_VOTER_KEY'
  | 'NOT_LEADER'
  | 'POSITION_OUT_OF_RANGE'
  | 'SHUTTING_DOWN'
  | 'SNAPSHOT_NOT_FOUND'
  | 'UNKNOWN_LEADER_EPOCH'

/** What every response says about its sender: the epoch it is in, and who leads it, if known. */
interface ResponseEnvelope {
  readonly error?: RaftRefusal
  readonly epoch: Epoch
  readonly leaderId?: NodeId
  /** Where the leader listens, if that is known; in refusals only, for whoever asked the wrong node. */
  readonly leaderEndpoints?: Endpoints
}

/** Answer to {@link VoteRequest}. A granted vote is durable before it is sent. */
export interface VoteResponse extends ResponseEnvelope {
  readonly type: 'vote'
  readonly granted: boolean
}

/** Answer to {@link BeginQuorumEpochRequest}. */
export interface BeginQuorumEpochResponse extends ResponseEnvelope {
  readonly type: 'begin-quorum-epoch'
}

/** Answer to {@link EndQuorumEpochRequest}. */
export interface EndQuorumEpochResponse extends ResponseEnvelope {
  readonly type: 'end-quorum-epoch'
}

/** The last offset the two logs may have in common: the end of `epoch` at the leader. */
export interface DivergingEpoch {
  readonly epoch: Epoch
  readonly endOffset: Offset
}

/** Answer to {@link FetchRequest}. */
export interface FetchResponse extends ResponseEnvelope {
  readonly type: 'fetch'
  readonly highWatermark: Offset
  /** Newest round of reads at the leader; absent in a refusal. */
  readonly readRound?: number
  /** Set when the logs differ before the fetch offset: the follower cuts its own and asks again. No batches then. */
  readonly divergingEpoch?: DivergingEpoch
  /**
   * Set when the leader's log begins behind what the follower has, or behind all it shares with it: the follower pulls
   * this snapshot in place of batches. No batches then.
   */
  readonly snapshotId?: SnapshotId
  readonly batches: readonly Batch[]
}

/** A part of a snapshot, and what the whole must come to. */
export interface SnapshotChunk {
  readonly snapshotId: SnapshotId
  readonly position: number
  readonly bytes: Uint8Array
  /** Wall-clock milliseconds since 1970 of the last record that the snapshot stands for. */
  readonly timestampMs: number
  /** Bytes of the whole. */
  readonly totalBytes: number
  /** CRC32C of the whole, as `@quorate/log` computes it. */
  readonly checksum: number
}

/** Answer to {@link FetchSnapshotRequest}; the chunk is absent in a refusal. */
export interface FetchSnapshotResponse extends ResponseEnvelope {
  readonly type: 'fetch-snapshot'
  readonly chunk?: SnapshotChunk
}

/** Answer to {@link ReadIndexRequest}: whoever has applied everything before `offset` may read. 0 in a refusal. */
export interface ReadIndexResponse extends ResponseEnvelope {
  readonly type: 'read-index'
  readonly offset: Offset
}

/** Any response between the nodes of a quorum. */
export type RaftResponse =
  | VoteResponse
  | BeginQuorumEpochResponse
  | EndQuorumEpochResponse
  | FetchResponse
  | FetchSnapshotResponse
  | ReadIndexResponse
