import type { Epoch, Offset, SnapshotId, Vote } from '@quorate/log'
import type { NodeId, Voter } from './messages.ts'

/** The part a node plays. Observers are only ever unattached or followers. */
export type RoleName = 'unattached' | 'prospective' | 'candidate' | 'leader' | 'follower' | 'resigned'

/** What a node is now, and who leads as far as it knows. */
export interface RoleChange {
  readonly role: RoleName
  readonly epoch: Epoch
  readonly leaderId: NodeId | undefined
}

/** What a leader knows of another replica. Times are on the leader's monotonic clock, in milliseconds before now. */
export interface ReplicaStatus {
  readonly id: NodeId
  readonly directoryId: string | undefined
  readonly voter: boolean
  readonly endOffset: Offset
  /** Records the replica lacks. */
  readonly lag: number
  /** `undefined` until it fetched in this epoch. */
  readonly lastFetchAgoMs: number | undefined
  readonly lastCaughtUpAgoMs: number | undefined
}

/** A change of the voters that was asked for and is not finished. */
export interface VoterChangeStatus {
  readonly kind: 'add' | 'remove'
  readonly voter: Voter
  /** Whether its record is in the log, and so in effect. Before that, a new voter catches up. */
  readonly isAppended: boolean
}

/** What `kafka-metadata-quorum describe` tells, for the node that was asked. */
export interface RaftStatus {
  readonly id: NodeId
  readonly directoryId: string
  readonly clusterId: string
  readonly role: RoleName
  readonly epoch: Epoch
  readonly leaderId: NodeId | undefined
  /** The voters in effect as this node's log has them, committed or not. Empty on a node that has not learned them yet. */
  readonly voters: readonly Voter[]
  /** Whether the record that names them is committed, as far as this node knows. */
  readonly areVotersCommitted: boolean
  /** On the leader, while there is one. */
  readonly voterChange: VoterChangeStatus | undefined
  /** Whom this node voted for in its epoch. */
  readonly vote: Vote | undefined
  /** Where the log begins: at 0, or where a snapshot ends. */
  readonly startOffset: Offset
  /** The newest snapshot on this node's disk. */
  readonly snapshot: SnapshotId | undefined
  /** Durable end of this node's log. */
  readonly endOffset: Offset
  /** Epoch of the last batch, 0 while the log is empty. */
  readonly endEpoch: Epoch
  readonly highWatermark: Offset
  /** Everything before it was given to the state machine of this node: what a read here sees. */
  readonly appliedOffset: Offset
  /** Voters and observers as the leader sees them; empty elsewhere. */
  readonly replicas: readonly ReplicaStatus[]
}
