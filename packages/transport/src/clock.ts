/** Cancels what it was returned for. Calling it twice, or late, does nothing. */
export type Cancel = () => void

/**
 * Time as a port, so that a simulator can own it. Nothing in Quorate reads a clock or sets a timer any other way.
 */
export interface Clock {
  /** Milliseconds on a clock that never goes back. Only differences mean anything. */
  now(): number
  /** Whole wall-clock milliseconds since 1970. It may jump; use it for what people read, never for a timeout. */
  wallTime(): number
  /** Calls `callback` once, `delayMs` from now, unless cancelled. Never calls it synchronously. */
  setTimer(delayMs: number, callback: () => void): Cancel
}

/** Randomness as a port: uniform in [0, 1). */
export type Random = () => number

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** The machine's own randomness; not for secrets. */
export const systemRandom: Random = () => Math.random()

/** Resolves after `delayMs` on `clock`. Rejects with the signal's reason as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const cancel = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    function abort(): void {
      cancel()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}
