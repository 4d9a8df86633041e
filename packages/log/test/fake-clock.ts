import type { Clock } from '../src/clock.ts'

interface Timer {
  readonly dueAtMs: number
  readonly callback: () => void
}

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMs = 0
  readonly #timers = new Set<Timer>()

  /** Timers that are set and have not gone off. */
  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { dueAtMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets `ms` pass, and calls back what comes due, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ dueAtMs }) => dueAtMs <= untilMs)
        .toSorted((a, b) => a.dueAtMs - b.dueAtMs)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#nowMs = next.dueAtMs
      next.callback()
    }
    this.#nowMs = untilMs
  }
}
