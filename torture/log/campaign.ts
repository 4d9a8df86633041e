import type { Fault } from './faults.ts'
import type { LogsVerdict, Violation } from './judge.ts'

/** What a campaign needs. */
export interface CampaignOptions {
  /** How often to break something. */
  readonly rounds: number
  /** Repeats the requests and the damage; when exactly a process dies is up to the machine. */
  readonly seed: number
  /** Logs to break at the same time: one has a LevelDB of its own, more are a set. @default 1 */
  readonly logs?: number
  /** Folder to work in. What shows a violation is left in it. */
  readonly directory: string
  /** A bug to plant, so that a test can see the campaign find it. */
  readonly fault?: Fault
  /** Takes a line for each violation. */
  readonly report: (line: string) => void
}

/** A campaign breaks something `rounds` times and returns its rows of the table. */
export type Campaign = (options: CampaignOptions) => Promise<Row[]>

/** One row of the table: what was done and what came of it. */
export interface Row {
  readonly campaign: string
  /** What was broken. */
  readonly target: string
  readonly rounds: number
  /** Requests that were acknowledged before. */
  readonly acknowledged: number
  /** Rounds after which every log was whole. */
  readonly whole: number
  /** Rounds after which a log, or LevelDB, said that something is damaged. */
  readonly reported: number
  /** Rounds after which acknowledged requests were missing in a way that looks exactly like a torn last write. */
  readonly tornEnd: number
  readonly violations: Readonly<Record<Violation, number>>
}

/** Counts rounds into a {@link Row}. */
export class Tally {
  readonly #report: (line: string) => void
  readonly #counts = { rounds: 0, acknowledged: 0, whole: 0, reported: 0, tornEnd: 0 }
  readonly #violations = { lost: 0, hole: 0, torn: 0, wrong: 0, forgotten: 0, refused: 0 }

  constructor(report: (line: string) => void) {
    this.#report = report
  }

  get rounds(): number {
    return this.#counts.rounds
  }

  /** Requests acknowledged since the last call. */
  acknowledged(requests: number): void {
    this.#counts.acknowledged += requests
  }

  /** A round after which everything was as it must be. */
  good(outcome: 'whole' | 'reported' | 'tornEnd'): void {
    this.#counts.rounds += 1
    this.#counts[outcome] += 1
  }

  /** A round after which it was not. `where` is what somebody needs to look at it. */
  bad(violation: Violation, what: string, where: string): void {
    this.#counts.rounds += 1
    this.#violations[violation] += 1
    this.#report(`${violation.toUpperCase()}: ${what} (${where})`)
  }

  /** Counts `verdict` as one or the other. @returns whether it was good */
  verdict(verdict: LogsVerdict, where: string): boolean {
    if ('violation' in verdict) this.bad(verdict.violation, verdict.what, where)
    else this.good('whole')
    return !('violation' in verdict)
  }

  row(campaign: string, target: string): Row {
    return { campaign, target, ...this.#counts, violations: { ...this.#violations } }
  }
}

/** Violations of all kinds in `rows`. */
export function violationsIn(rows: readonly Row[]): number {
  let sum = 0
  for (const { violations } of rows) for (const count of Object.values(violations)) sum += count
  return sum
}
