import type { Epoch, Offset, Vote } from '@quorate/log'
import type { NodeId, Voter } from '../messages.ts'
import type { DiskWatch } from './disk-stall.ts'
import type { RoundMark } from './read-lease.ts'
import type { PendingRead } from './reads.ts'
import type { Transfer } from './transfer.ts'
import type { VoterChange } from './voter-change.ts'
import { type Disk, isDiskOf } from './voters.ts'

/** No leader is known. A voter waits for one, or for its time to stand; an observer looks for one. */
export interface Unattached {
  readonly name: 'unattached'
  /** Voters stand at this time, observers ask the next voter who leads. */
  deadlineMs: number
  /** An observer's question under way. */
  probe: number | undefined
}

/** Asks whether it would be elected, before it disturbs anyone with a new epoch (KIP-996). */
export interface Prospective {
  readonly name: 'prospective'
  /** The leader it lost touch with; if the others still hear it, it is followed again. */
  readonly lostLeaderId: NodeId | undefined
  readonly granted: Set<NodeId>
  readonly rejected: Set<NodeId>
  readonly deadlineMs: number
}

/** Stands in an epoch of its own making. */
export interface Candidate {
  readonly name: 'candidate'
  readonly granted: Set<NodeId>
  readonly rejected: Set<NodeId>
  deadlineMs: number
}

/** What a leader knows of a replica that fetches from it. */
export interface ReplicaProgress extends Disk {
  readonly id: NodeId
  /** Everything before it is durable there. */
  endOffset: Offset
  /** Newest round of reads that it has echoed. */
  readRound: number
  lastFetchMs: number
  /** It votes for nobody before this time on the leader's clock. */
  leaseEndMs: number
  /** Where the leader's log ended at that fetch: whoever has that at the next one had caught up at this one. */
  leaderEndOffset: Offset
  /** Last time at which it had everything that the leader had. */
  lastCaughtUpMs: number
}

/** A fetch that waits for news. */
export interface ParkedFetch {
  readonly requestId: number
  readonly replicaId: NodeId
  readonly fetchOffset: Offset
  readonly highWatermark: Offset
  /** The round of reads it echoed. */
  readonly readRound: number
  readonly deadlineMs: number
}

/** Appends, counts what a majority holds, and tells. */
export interface Leader {
  readonly name: 'leader'
  /** Offset of the leader change record, the first of this reign. */
  readonly epochStart: Offset
  /** Everyone who fetched in this epoch, by id. */
  readonly progress: Map<NodeId, ReplicaProgress>
  parked: ParkedFetch[]
  /** Reads that wait for their round, the oldest first. */
  reads: PendingRead[]
  /** Newest round of reads, and whether a response has carried its number yet. */
  round: number
  roundSent: boolean
  /** When rounds were sent, the oldest first; what leases are counted from. */
  readonly marks: RoundMark[]
  readonly disk: DiskWatch
  transfer: Transfer | undefined
  change: VoterChange | undefined
  /** Voters that have not answered the announcement nor fetched yet are told again at this time. */
  announceMs: number
  /** Without fetches from a majority by this time, it resigns. */
  checkQuorumMs: number
}

/** What is known of `voter`, if its node fetched from the disk that is the voter's. */
export function progressOfVoter(role: Leader, voter: Voter): ReplicaProgress | undefined {
  const progress = role.progress.get(voter.id)
  return progress !== undefined && isDiskOf(voter, progress) ? progress : undefined
}

/** Pulls from the leader. */
export interface Follower {
  readonly name: 'follower'
  readonly leaderId: NodeId
  /** Without an answer from the leader by this time, it stands (a voter) or looks for a leader (an observer). */
  deadlineMs: number
  /** The leader is known to be gone, or was not heard again since it was lost: pre-votes against it are granted. */
  leaderGone: boolean
  /** The leader, which gave up, named this node first among those that should stand: it stands without a pre-vote. */
  isSuccessor: boolean
  /** The fetch under way. */
  fetch: number | undefined
  /** Not before this time is the next fetch sent. */
  retryMs: number
  /** What the leader said is committed; some of it may not be here yet. */
  leaderHighWatermark: Offset
  /** The leader named the snapshot that is being pulled; the next request asks for a part of it. */
  pulling: boolean
  /** Newest round of reads that the leader named; the next fetch echoes it. */
  readRound: number
}

/** Was leader of this epoch and gave up. It never leads it again, so that an offset and an epoch name one record. */
interface Resigned {
  readonly name: 'resigned'
  readonly deadlineMs: number
}

/** The part a node plays, with what it needs to remember while it plays it. */
export type Role = Unattached | Prospective | Candidate | Leader | Follower | Resigned

/** What a role wants to become. Roles return it; `role-machine.ts` alone carries it out, by the table there. */
export type Transition =
  | { readonly to: 'unattached'; readonly epoch: Epoch; readonly vote?: Vote; readonly delayMs?: number }
  | { readonly to: 'prospective'; readonly lostLeaderId?: NodeId }
  | { readonly to: 'candidate' }
  | { readonly to: 'leader'; readonly grantedBy: readonly NodeId[] }
  | {
      readonly to: 'follower'
      readonly epoch: Epoch
      readonly leaderId: NodeId
      /** It was silent before, and is followed for want of anyone better. */
      readonly inDoubt?: boolean
    }
  | { readonly to: 'resigned'; readonly successor?: NodeId }
