import type { Cancel, Clock } from '../ports.ts'

/** The timer for the core's next deadline. */
export class DeadlineTimer {
  readonly #clock: Clock
  readonly #onDue: () => void
  #timer: { readonly deadlineMs: number; readonly cancel: Cancel } | undefined

  /** @param onDue - called at the deadline, or a little before it */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Sees to it that `onDue` is called at `deadlineMs` at the latest. `Infinity` asks for nothing. */
  arm(deadlineMs: number): void {
    if (deadlineMs === Infinity) return
    // One that fires too early costs less than setting it at every step.
    if (this.#timer !== undefined && this.#timer.deadlineMs <= deadlineMs) return
    this.#timer?.cancel()
    const delayMs = Math.max(0, Math.ceil(deadlineMs - this.#clock.now()))
    const cancel = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined
      this.#onDue()
    })
    this.#timer = { deadlineMs, cancel }
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
