import type { NodeId, RaftStatus, Voter } from '@quorate/raft'
import { check } from './violation.ts'
import { areSame } from './voters.ts'

/** Milliseconds of true time that a leader may be late. */
const slackMs = 5

/**
 * Whether the process with this `status` may count a fetch of node `from` for its quorum: it leads, and the fetch is from no
 * other disk than the voter's of that id. One that is no voter yet may become one.
 */
export function mayCount(
  status: Pick<RaftStatus, 'role' | 'epoch' | 'voters'> | undefined,
  from: NodeId,
  request: { readonly epoch: number; readonly replicaDirectoryId: string; readonly isJoiner?: true },
): boolean {
  if (status?.role !== 'leader' || status.epoch !== request.epoch) return false
  const voter = status.voters.find(({ id }) => id === from)
  if (voter === undefined) return true
  if (voter.directoryId === undefined) return request.isJoiner !== true
  return voter.directoryId === request.replicaDirectoryId
}

/** What the check must know about the run. */
export interface QuorumCheckOptions {
  readonly fetchTimeoutMs: number
  /** How slow the slowest clock runs. */
  readonly minClockRate: number
}

interface Reign {
  readonly sinceMs: number
  readonly fetchedMs: Map<NodeId, number>
  voters: readonly Voter[]
  /** Since when they are the voters. */
  votersSinceMs: number
}

/**
 * Check-quorum from outside: a leader that no majority of voters fetches from has 1.5 fetch timeouts to notice.
 *
 * A leader that stays longer keeps its clients waiting, and keeps others from electing one that could serve them.
 */
export class QuorumCheck {
  readonly #patienceMs: number
  /** Since when each leader leads, and when each voter fetched from it last, by epoch. */
  readonly #reigns = new Map<number, Reign>()

  constructor(options: QuorumCheckOptions) {
    this.#patienceMs = (1.5 * options.fetchTimeoutMs + 1) / options.minClockRate + slackMs
  }

  /** A fetch of `epoch` reached the process that may lead it. */
  onFetch(epoch: number, from: NodeId, nowMs: number): void {
    this.#reigns.get(epoch)?.fetchedMs.set(from, nowMs)
  }

  /** When each voter fetched last in `epoch`. */
  fetchedMs(epoch: number): ReadonlyMap<NodeId, number> {
    return this.#reigns.get(epoch)?.fetchedMs ?? new Map()
  }

  /** A leader's state. @param runningSinceMs - when its process last began to run, as after SIGCONT */
  onLeader(status: RaftStatus, nowMs: number, runningSinceMs: number): void {
    const reign = this.#reigns.get(status.epoch)
    if (reign === undefined) {
      const { voters } = status
      this.#reigns.set(status.epoch, { sinceMs: nowMs, fetchedMs: new Map(), voters, votersSinceMs: nowMs })
      return
    }
    const { voters } = status
    if (!areSame(voters, reign.voters)) {
      reign.voters = voters
      reign.votersSinceMs = nowMs
    }
    const heard = voters
      .map(({ id }) => (id === status.id ? nowMs : (reign.fetchedMs.get(id) ?? reign.sinceMs)))
      .toSorted((a, b) => b - a)
    // A leader whose quorum changed learns of its loss when it looks next.
    const majorityHeardMs = Math.max(heard[Math.floor(voters.length / 2)] ?? nowMs, reign.votersSinceMs)
    const silentMs = nowMs - majorityHeardMs
    check(
      silentMs <= this.#patienceMs || nowMs - runningSinceMs < slackMs,
      'a leader without a quorum gives up',
      () =>
        `node ${status.id} leads epoch ${status.epoch} after ${silentMs.toFixed(0)} ms without a majority`,
    )
  }
}
