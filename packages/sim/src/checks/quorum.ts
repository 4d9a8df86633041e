import type { NodeId, RaftStatus } from '@quorate/raft'
import { check } from './violation.ts'

/** Milliseconds of true time that a leader may be late. */
const slackMs = 5

/** What the check must know about the run. */
export interface QuorumCheckOptions {
  readonly voters: readonly NodeId[]
  readonly fetchTimeoutMs: number
  /** How slow the slowest clock runs. */
  readonly minClockRate: number
}

/**
 * Check-quorum from outside: a leader that no majority of voters fetches from has 1.5 fetch timeouts to notice.
 *
 * A leader that stays longer keeps its clients waiting, and keeps others from electing one that could serve them.
 */
export class QuorumCheck {
  readonly #options: QuorumCheckOptions
  readonly #patienceMs: number
  /** Since when each leader leads, and when each voter fetched from it last, by epoch. */
  readonly #reigns = new Map<number, { readonly sinceMs: number; readonly fetchedMs: Map<NodeId, number> }>()

  constructor(options: QuorumCheckOptions) {
    this.#options = options
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
      this.#reigns.set(status.epoch, { sinceMs: nowMs, fetchedMs: new Map() })
      return
    }
    const { voters } = this.#options
    const heard = voters
      .map((voter) => (voter === status.id ? nowMs : (reign.fetchedMs.get(voter) ?? reign.sinceMs)))
      .toSorted((a, b) => b - a)
    const majorityHeardMs = heard[Math.floor(voters.length / 2)] ?? nowMs
    const silentMs = nowMs - majorityHeardMs
    check(
      silentMs <= this.#patienceMs || nowMs - runningSinceMs < slackMs,
      'a leader without a quorum gives up',
      () =>
        `node ${status.id} leads epoch ${status.epoch} after ${silentMs.toFixed(0)} ms without a majority`,
    )
  }
}
