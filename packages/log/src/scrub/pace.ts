import type { Clock } from '../clock.ts'

/** Lets work go on at a set rate, measured from when it began: what is slow is not made up for in a burst. */
export class Pace {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  #freeAtMs: number

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
    this.#freeAtMs = clock.now()
  }

  /** Resolves when `bytes` that were just read are paid for. @throws the signal's reason, also while it waits */
  async spend(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    const nowMs = this.#clock.now()
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + (bytes / this.#bytesPerSecond) * 1_000
    await wait(this.#clock, this.#freeAtMs - nowMs, signal)
  }
}

function wait(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    function abort(): void {
      cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}
