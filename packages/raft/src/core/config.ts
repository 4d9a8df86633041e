import type { NodeId, Voter } from '../messages.ts'
import type { ReadLease } from './read-lease.ts'

/** Everything the core must know about itself. Times in milliseconds. */
export interface CoreConfig {
  readonly id: NodeId
  readonly directoryId: string
  readonly clusterId: string
  /** Its directory was made to join a quorum that was there already. */
  readonly isJoiner: boolean
  /** The voters of a log that does not name any; empty on a node that joins a quorum which is there already. */
  readonly bootstrapVoters: readonly Voter[]
  /** Whom a node without a leader asks who leads, beside the voters it knows. */
  readonly contacts: readonly NodeId[]
  /** A voter without a leader stands after a random time between this and twice this. */
  readonly electionTimeoutMs: number
  /** A follower that hears nothing from its leader for this long stands; a leader without a quorum for 1.5 times this resigns. */
  readonly fetchTimeoutMs: number
  /** How long a leader may hold a fetch while it has nothing new. */
  readonly fetchMaxWaitMs: number
  /** How long any other request may take. */
  readonly requestTimeoutMs: number
  /** Pause before a failed request is repeated. */
  readonly retryBackoffMs: number
  /** Longest pause after a lost election. */
  readonly electionBackoffMaxMs: number
  /** Voters that learn together that the leader's process is gone stand at random times within this window. */
  readonly electionJitterMs: number
  /** Most bytes of a snapshot to ask for at once. */
  readonly snapshotFetchMaxBytes: number
  /** Bytes of a snapshot to pull in a second; no limit if absent. */
  readonly snapshotFetchBytesPerSecond?: number | undefined
  /** A leader whose oldest write takes longer gives up, if the others can do without it. */
  readonly diskStallTimeoutMs: number
  /** Whether reads are answered by lease, and votes held back for it. */
  readonly readLease?: ReadLease | undefined
}
