import type { Cancel, Clock } from '../clock.ts'

/** One timer for many deadlines: setting and cancelling one for each would cost more than what they guard. */
export class EarliestTimer {
  readonly #clock: Clock
  readonly #onDue: () => void
  #timer: { readonly deadlineMs: number; readonly cancel: Cancel } | undefined

  /** @param onDue - called at the earliest deadline since it was last called, which may be nobody's any more */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Sees to it that `onDue` is called at `deadlineMs` at the latest, on the clock's `now`. `Infinity` asks for nothing. */
  arm(deadlineMs: number): void {
    if (deadlineMs === Infinity) return
    if (this.#timer !== undefined && this.#timer.deadlineMs <= deadlineMs) return
    this.#timer?.cancel()
    const delayMs = Math.max(0, Math.ceil(deadlineMs - this.#clock.now()))
    const cancel = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined
      this.#onDue()
    })
    this.#timer = { deadlineMs, cancel }
  }

  /** Forgets all deadlines so far. It can be armed again. */
  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
