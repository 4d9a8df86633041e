/**
 * Time as a port, so that tests and simulators can own it. The `Clock` of the layers above fits.
 */
export interface Clock {
  /** Milliseconds on a clock that never goes back. Only differences mean anything. */
  now(): number
  /** Calls `callback` once, `delayMs` from now, unless the returned function is called first. Never synchronously. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** The machine's own time. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** The machine's own time, for what somebody waits for: its timers keep the process alive. */
export const awaitedClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
