import type { Clock, Random } from '../clock.ts'
import { TransportError } from '../errors.ts'
import { backoffMs } from './backoff.ts'
import type { BackoffLimits } from './backoff.ts'

/**
 * Decides when a lost peer may be tried again.
 *
 * After a connection that had been established breaks, the next attempt is allowed at once: a refusal is then evidence
 * that the peer's process died. Every failed attempt, and every connection that breaks within `maxMs` of the last one,
 * makes the wait longer.
 */
export class ReconnectPolicy {
  readonly #clock: Clock
  readonly #random: Random
  readonly #limits: BackoffLimits
  #failures = 0
  #establishedAt = 0
  #retryAt = -Infinity
  #lastError: Error | undefined

  constructor(clock: Clock, random: Random, limits: BackoffLimits) {
    this.#clock = clock
    this.#random = random
    this.#limits = limits
  }

  /** Why nobody may connect now; `undefined` if it is allowed. */
  get obstacle(): Error | undefined {
    return this.#clock.now() < this.#retryAt ? this.#lastError : undefined
  }

  /** An attempt failed with `error`. */
  failed(error: Error): void {
    this.#lastError = error
    this.#retryAt = this.#clock.now() + backoffMs(this.#failures, this.#random, this.#limits)
    this.#failures++
  }

  /** An attempt succeeded. */
  established(): void {
    this.#establishedAt = this.#clock.now()
  }

  /** The established connection broke with `error`. */
  broke(error: Error): void {
    const lasted = this.#clock.now() - this.#establishedAt >= this.#limits.maxMs
    if (lasted) this.#failures = 0
    if (this.#failures === 0) {
      this.#failures = 1
      this.#retryAt = -Infinity
    } else {
      // Of the requests that come now nothing is sent: they must not be told what those on the connection were.
      const what = 'connections to the peer break as soon as they are made'
      this.failed(new TransportError('TRANSPORT_UNREACHABLE', what, { cause: error }))
    }
  }
}
