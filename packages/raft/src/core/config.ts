import type { NodeId } from '../messages.ts'

/** Everything the core must know about itself. Times in milliseconds. */
export interface CoreConfig {
  readonly id: NodeId
  readonly directoryId: string
  readonly clusterId: string
  /** A node that is not among them is an observer: it follows, and never votes or stands. */
  readonly voters: readonly NodeId[]
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
}

/** Whether `config` describes a voter. */
export function isVoter(config: CoreConfig): boolean {
  return config.voters.includes(config.id)
}

/** How many voters make a majority. */
export function majority(voters: readonly NodeId[]): number {
  return Math.floor(voters.length / 2) + 1
}
