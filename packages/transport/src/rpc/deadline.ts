import type { Cancel, Clock } from '../clock.ts'
import { RpcError } from './errors.ts'

/** One signal for the two reasons to stop waiting: the caller's own signal, and RPC_TIMEOUT after `timeoutMs`. */
export class Deadline implements Disposable {
  readonly timeoutMs: number
  readonly #controller = new AbortController()
  readonly #callerSignal: AbortSignal | undefined
  readonly #cancelTimer: Cancel
  readonly #onCallerAbort = (): void => this.#controller.abort(this.#callerSignal?.reason)
  #passed = false

  constructor(clock: Clock, timeoutMs: number, callerSignal: AbortSignal | undefined) {
    this.timeoutMs = timeoutMs
    this.#callerSignal = callerSignal
    this.#cancelTimer = clock.setTimer(timeoutMs, () => {
      this.#passed = true
      const message = `no answer within ${timeoutMs} ms`
      this.#controller.abort(new RpcError('RPC_TIMEOUT', message, { timeoutMs }, { retriable: true }))
    })
    if (callerSignal?.aborted) this.#onCallerAbort()
    else callerSignal?.addEventListener('abort', this.#onCallerAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** `timeoutMs` went by before anything else happened. */
  get passed(): boolean {
    return this.#passed
  }

  [Symbol.dispose](): void {
    this.#cancelTimer()
    this.#callerSignal?.removeEventListener('abort', this.#onCallerAbort)
  }
}

/** Settles like `promise`, unless `signal` aborts first: then rejects with its reason, and `promise` goes unwatched. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
