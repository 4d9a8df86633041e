import type { NodeId, Voter } from '@quorate/raft'
import { check } from './violation.ts'

/** Milliseconds of true time that a leader may be late. */
const slackMs = 5

/** What the check must know about the run. */
export interface DiskStallCheckOptions {
  readonly fetchTimeoutMs: number
  readonly diskStallTimeoutMs: number
  /** How slow the slowest clock runs. */
  readonly minClockRate: number
}

/** A leader as it was seen. */
interface SeenLeader {
  readonly id: NodeId
  /** The voters that it counts on. */
  readonly voters: readonly Voter[]
  readonly nowMs: number
  /** Since when its disk has worked on the write that is next, on the clock of the run; `undefined` if on none. */
  readonly writingSinceMs: number | undefined
  /** When its process last began to run. */
  readonly runningSinceMs: number
  readonly fetchedMs: ReadonlyMap<NodeId, number>
}

/** Fetches of a voter that followed each other without a silence in which the leader had to count it as absent. */
interface Presence {
  readonly sinceMs: number
  readonly lastMs: number
}

/**
 * A leader whose disk stalls while a majority fetches without it holds everybody up for nothing.
 *
 * Both have to last: the disk has its timeout, and the leader looks again half a fetch timeout after it had to stay.
 */
export class DiskStallCheck {
  readonly #options: DiskStallCheckOptions
  /** Since when the others could go on without each leader, as far as was seen. */
  readonly #dispensableSinceMs = new Map<NodeId, number>()
  /** By leader and voter. */
  readonly #presences = new Map<NodeId, Map<NodeId, Presence>>()

  constructor(options: DiskStallCheckOptions) {
    this.#options = options
  }

  onLeader({ id, voters, nowMs, writingSinceMs, runningSinceMs, fetchedMs }: SeenLeader): void {
    const { fetchTimeoutMs, diskStallTimeoutMs, minClockRate } = this.#options
    const silenceMs = fetchTimeoutMs * minClockRate
    const recentMs = nowMs - silenceMs
    const presences = this.#presencesOf(id, fetchedMs, silenceMs)
    const fetching = voters.filter((voter) => voter.id !== id && (fetchedMs.get(voter.id) ?? -1) > recentMs)
    if (fetching.length * 2 <= voters.length || writingSinceMs === undefined) {
      this.#dispensableSinceMs.delete(id)
      return
    }
    const sinceMs = this.#dispensableSinceMs.get(id) ?? nowMs
    this.#dispensableSinceMs.set(id, sinceMs)
    // It may have looked in a silence that is over by now: the one that ended last counts.
    const silentMs = Math.max(...fetching.map((voter) => presences.get(voter.id)?.sinceMs ?? nowMs))
    const begunMs = Math.max(writingSinceMs, sinceMs, silentMs, runningSinceMs)
    const patienceMs = (diskStallTimeoutMs + fetchTimeoutMs / 2) / minClockRate + slackMs
    check(
      nowMs - begunMs <= patienceMs,
      'a leader whose disk stalls gives up',
      () => `node ${id} leads, and its disk has not finished a write for ${(nowMs - begunMs).toFixed(0)} ms`,
    )
  }

  /** What is known of the voters that fetch from `leader`, now that each did so last at the time in `fetchedMs`. */
  #presencesOf(
    leader: NodeId,
    fetchedMs: ReadonlyMap<NodeId, number>,
    silenceMs: number,
  ): ReadonlyMap<NodeId, Presence> {
    const before = this.#presences.get(leader)
    const presences = new Map<NodeId, Presence>()
    for (const [voter, lastMs] of fetchedMs) {
      const known = before?.get(voter)
      const isKept = known !== undefined && lastMs - known.lastMs <= silenceMs
      presences.set(voter, { sinceMs: isKept ? known.sinceMs : lastMs, lastMs })
    }
    this.#presences.set(leader, presences)
    return presences
  }
}
