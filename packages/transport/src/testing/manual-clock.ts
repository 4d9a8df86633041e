import type { Cancel, Clock } from '../clock.ts'

/** Options of {@link manualClock}. */
export interface ManualClockOptions {
  /** Wall-clock milliseconds since 1970 at the start. @default 1_767_225_600_000, the first moment of 2026 */
  readonly wallTime?: number
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /**
   * Lets `ms` milliseconds go by. Timers that come due are called in order of their time, those of one moment in the
   * order they were set; before each and after the last one every promise job that is ready runs. A callback may set
   * further timers: they are called too if they come due.
   */
  advance(ms: number): Promise<void>
  /** Timers that are set. */
  readonly pendingTimers: number
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Makes a clock for tests. It starts at 0. */
export function manualClock({ wallTime = Date.UTC(2026, 0) }: ManualClockOptions = {}): ManualClock {
  let now = 0
  const timers = new Set<Timer>()

  function nextDue(until: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of timers) {
      if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer
    }
    return next
  }

  return {
    now: () => now,
    // A wall clock shows whole milliseconds, however finely the time goes on.
    wallTime: () => Math.floor(wallTime + now),
    setTimer(delayMs, callback): Cancel {
      const timer = { at: now + Math.max(0, delayMs), callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(ms) {
      const until = now + ms
      await promiseJobs()
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer)
        now = timer.at
        timer.callback()
        await promiseJobs()
      }
      now = until
    },
    get pendingTimers() {
      return timers.size
    },
  }
}

/** Resolves after every promise job that is ready, and every one those make ready. */
function promiseJobs(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
