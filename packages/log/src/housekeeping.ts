import type { Clock } from './clock.ts'

/** A log, as far as its upkeep goes. */
export interface KeptLog {
  /** Drops what need not be kept any more. Does nothing in a log that takes no writes. */
  enforceRetention(): Promise<void>
  /** Whether dropped batches still take space. */
  readonly hasDropped: boolean
  compact(): Promise<void>
}

/** How housekeeping is done. */
export interface HousekeepingOptions {
  readonly clock: Clock
  readonly intervalMs: number
  readonly logs: () => Iterable<KeptLog>
  /** Whether nobody is writing. */
  readonly idle: () => boolean
}

/** Rounds that compaction waits for a moment in which nobody writes. */
const maxPostponements = 12

/**
 * Applies the retention of logs at intervals, and gives the space of what was dropped back to the disk when nobody writes,
 * or after {@link maxPostponements} rounds in which somebody did.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  #cancel: () => void
  #round: Promise<void> = Promise.resolve()
  #postponed = 0
  #stopped = false

  constructor(options: HousekeepingOptions) {
    this.#options = options
    this.#cancel = this.#schedule()
  }

  /** Waits for the round under way; there is no other. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#round
  }

  #schedule(): () => void {
    const { clock, intervalMs } = this.#options
    return clock.setTimer(intervalMs, () => {
      this.#round = this.#tidy().finally(() => {
        if (!this.#stopped) this.#cancel = this.#schedule()
      })
    })
  }

  async #tidy(): Promise<void> {
    const { logs, idle } = this.#options
    const all = [...logs()]
    for (const log of all) {
      if (this.#stopped) return
      await unlessFailed(log.enforceRetention())
    }
    const dropped = all.filter((log) => log.hasDropped)
    if (dropped.length === 0) return
    if (!idle() && this.#postponed < maxPostponements) {
      this.#postponed += 1
      return
    }
    this.#postponed = 0
    for (const log of dropped) {
      if (this.#stopped) return
      await unlessFailed(log.compact())
    }
  }
}

/** A log that failed or was closed says so to those who use it. The next round tries again where that makes sense. */
async function unlessFailed(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch {
    // See above.
  }
}
