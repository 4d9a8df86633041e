import type { CancelSignal } from '../cancel-signal.ts'
import type { Clock } from '../clock.ts'
import { EarliestTimer } from './earliest-timer.ts'
import { RpcError } from './errors.ts'

/** The deadlines of one client, which share a timer: most of them never come. */
export class Deadlines {
  readonly #clock: Clock
  readonly #open = new Set<Deadline>()
  readonly #timer: EarliestTimer

  constructor(clock: Clock) {
    this.#clock = clock
    this.#timer = new EarliestTimer(clock, () => this.#expire())
  }

  /** A deadline `timeoutMs` from now, or when `callerSignal` aborts. Dispose of it when what it guards is over. */
  open(timeoutMs: number, callerSignal: AbortSignal | undefined): Deadline {
    const deadline = new Deadline(this.#clock.now() + timeoutMs, timeoutMs, callerSignal, this.#open)
    this.#timer.arm(deadline.dueMs)
    return deadline
  }

  /** No deadline is opened from now on, and none of those that are comes. */
  close(): void {
    this.#timer.cancel()
  }

  #expire(): void {
    const nowMs = this.#clock.now()
    let earliestMs = Infinity
    for (const deadline of this.#open) {
      if (deadline.dueMs <= nowMs) deadline.expire()
      else if (deadline.dueMs < earliestMs) earliestMs = deadline.dueMs
    }
    this.#timer.arm(earliestMs)
  }
}

/** One signal for the two reasons to stop waiting: the caller's own signal, and RPC_TIMEOUT after `timeoutMs`. */
export class Deadline implements CancelSignal, Disposable {
  /** When it comes, on the clock of its client. */
  readonly dueMs: number
  readonly timeoutMs: number
  readonly #callerSignal: AbortSignal | undefined
  readonly #open: Set<Deadline>
  readonly #onCallerAbort: (() => void) | undefined
  #listeners: (() => void)[] = []
  #timeout: RpcError | undefined

  constructor(dueMs: number, timeoutMs: number, callerSignal: AbortSignal | undefined, open: Set<Deadline>) {
    this.dueMs = dueMs
    this.timeoutMs = timeoutMs
    this.#callerSignal = callerSignal
    this.#open = open
    open.add(this)
    if (callerSignal === undefined) return
    this.#onCallerAbort = () => this.#tell()
    callerSignal.addEventListener('abort', this.#onCallerAbort, { once: true })
  }

  /** `timeoutMs` went by before anything else happened. */
  get passed(): boolean {
    return this.#timeout !== undefined
  }

  get aborted(): boolean {
    return this.passed || this.#callerSignal?.aborted === true
  }

  get reason(): unknown {
    return this.#timeout ?? this.#callerSignal?.reason
  }

  /** The same, where it has to be an AbortSignal. */
  toAbortSignal(): AbortSignal {
    const controller = new AbortController()
    if (this.aborted) controller.abort(this.reason)
    else this.addEventListener('abort', () => controller.abort(this.reason))
    return controller.signal
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const index = this.#listeners.indexOf(listener)
    if (index >= 0) this.#listeners.splice(index, 1)
  }

  /** The time has come. */
  expire(): void {
    this.#open.delete(this)
    if (this.aborted) return
    const { timeoutMs } = this
    const message = `no answer within ${timeoutMs} ms`
    this.#timeout = new RpcError('RPC_TIMEOUT', message, { timeoutMs }, { retriable: true })
    this.#tell()
  }

  [Symbol.dispose](): void {
    this.#open.delete(this)
    if (this.#onCallerAbort !== undefined)
      this.#callerSignal?.removeEventListener('abort', this.#onCallerAbort)
  }

  #tell(): void {
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
  }
}

/** Settles like `promise`, unless `signal` aborts first: then rejects with its reason, and `promise` goes unwatched. */
export function abortable<T>(promise: Promise<T>, signal: CancelSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
