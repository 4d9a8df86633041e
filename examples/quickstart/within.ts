import { systemClock } from '@quorate/transport'

/**
 * Waits for `wait`, at most `limitMs` milliseconds and not beyond the end of the demonstration.
 *
 * @param what is waited for, for the error: `the broker 4 is fenced`
 * @throws Error that says what did not happen in time, or the reason of `stop`
 */
export async function within<Result>(
  limitMs: number,
  what: string,
  stop: AbortSignal,
  wait: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  stop.throwIfAborted()
  const limit = new AbortController()
  const cancel = systemClock.setTimer(limitMs, () =>
    limit.abort(new Error(`not within ${limitMs / 1000} s: ${what}`)),
  )
  const signal = AbortSignal.any([stop, limit.signal])
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([wait(signal), aborted.promise])
  } finally {
    cancel()
    signal.removeEventListener('abort', abort)
  }
}
