import type { Cancel, Clock } from '@quorate/transport'

interface Timer {
  readonly dueMs: number
  readonly sequence: number
  readonly callback: () => void
  cancelled: boolean
}

/** A clock that stands still until it is told to run, and then runs as fast as the machine can. */
export class VirtualTime implements Clock {
  #nowMs = 0
  #sequence = 0
  #timers: Timer[] = []

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return 1_700_000_000_000 + Math.floor(this.#nowMs)
  }

  setTimer(delayMs: number, callback: () => void): Cancel {
    this.#sequence += 1
    const timer: Timer = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      sequence: this.#sequence,
      callback,
      cancelled: false,
    }
    let index = this.#timers.length
    while (index > 0 && isLater(this.#timers[index - 1] as Timer, timer)) index -= 1
    this.#timers.splice(index, 0, timer)
    return () => {
      timer.cancelled = true
    }
  }

  /** Fires timers in order for `durationMs`, or until `done` holds. @returns whether it did */
  async run(durationMs: number, done: () => boolean = () => false): Promise<boolean> {
    const endMs = this.#nowMs + durationMs
    await settle()
    while (!done()) {
      const next = this.#timers[0]
      if (next === undefined || next.dueMs > endMs) {
        this.#nowMs = endMs
        return done()
      }
      this.#timers.shift()
      if (next.cancelled) continue
      this.#nowMs = next.dueMs
      next.callback()
      await settle()
    }
    return true
  }
}

function isLater(a: Timer, b: Timer): boolean {
  return a.dueMs > b.dueMs || (a.dueMs === b.dueMs && a.sequence > b.sequence)
}

/** Lets everything happen that waits for no timer. A macrotask runs when no microtask is left. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
