import type { Cancel } from '@quorate/transport'
import { check } from '../checks/violation.ts'

/** Timers that may be called in one moment. A node that sets a timer for now, again and again, would never be done. */
const maxTimersInMoment = 100_000

interface Timer {
  readonly dueMs: number
  readonly sequence: number
  callback: (() => void) | undefined
}

/** Time that stands still until it is told to run, and then runs as fast as the machine can. */
export class VirtualTime {
  #nowMs = 0
  #sequence = 0
  /** A binary heap; the timer that is due first is at index 0. */
  readonly #timers: Timer[] = []

  /** Milliseconds since the run began. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Calls `callback` in `delayMs`; timers of one moment are called in the order they were set. */
  setTimer(delayMs: number, callback: () => void): Cancel {
    this.#sequence += 1
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence, callback }
    this.#push(timer)
    return () => {
      timer.callback = undefined
    }
  }

  /**
   * Calls timers in order for `durationMs`, or until `done` holds; after each, every promise job that is ready runs and
   * then `afterEvent`.
   *
   * @returns whether `done` held in the end
   * @throws Violation, if so many timers are called in one moment that there is no end of it to be seen
   */
  async run(durationMs: number, afterEvent: () => void, done: () => boolean = () => false): Promise<boolean> {
    const endMs = this.#nowMs + durationMs
    let inMoment = 0
    await promiseJobs()
    afterEvent()
    while (!done()) {
      const next = this.#timers[0]
      if (next === undefined || next.dueMs > endMs) {
        this.#nowMs = endMs
        return done()
      }
      this.#pop()
      const { callback } = next
      if (callback === undefined) continue
      inMoment = next.dueMs === this.#nowMs ? inMoment + 1 : 1
      check(
        inMoment <= maxTimersInMoment,
        'time goes on',
        () => `timers are called without end at ${this.#nowMs} ms`,
      )
      this.#nowMs = next.dueMs
      callback()
      await promiseJobs()
      afterEvent()
    }
    return true
  }

  #push(timer: Timer): void {
    const timers = this.#timers
    let index = timers.length
    timers.push(timer)
    while (index > 0) {
      const parent = (index - 1) >>> 1
      const above = timers[parent] as Timer
      if (!isEarlier(timer, above)) break
      timers[index] = above
      index = parent
    }
    timers[index] = timer
  }

  #pop(): void {
    const timers = this.#timers
    const last = timers.pop() as Timer
    const size = timers.length
    if (size === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= size) break
      if (child + 1 < size && isEarlier(timers[child + 1] as Timer, timers[child] as Timer)) child += 1
      if (!isEarlier(timers[child] as Timer, last)) break
      timers[index] = timers[child] as Timer
      index = child
    }
    timers[index] = last
  }
}

function isEarlier(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence)
}

/** Resolves when no promise job is left: a macrotask runs only then. */
function promiseJobs(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
