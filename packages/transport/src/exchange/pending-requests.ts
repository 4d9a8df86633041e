import type { CancelSignal } from '../cancel-signal.ts'
import { TransportError } from '../errors.ts'

const MAX_ID = 0xffff_ffff

interface Pending {
  readonly resolve: (frame: Uint8Array) => void
  readonly reject: (reason: unknown) => void
  readonly signal: CancelSignal | undefined
  readonly onAbort: (() => void) | undefined
}

/**
 * The requests of one connection that wait for their answers: what every transport needs on the side that connected.
 *
 * Ids are unsigned 32-bit numbers, given out in order; after the last one they begin again and skip those still in use.
 */
export class PendingRequests {
  readonly #maxPendingRequests: number
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  /** @param maxPendingRequests how many may wait at the same time */
  constructor(maxPendingRequests: number) {
    this.#maxPendingRequests = maxPendingRequests
  }

  /** Requests that wait. */
  get size(): number {
    return this.#pending.size
  }

  /**
   * Registers a request, sends it with `send`, and waits for its answer. If `send` throws, nothing was sent and nothing
   * waits.
   *
   * @param cancel tells the peer that nobody waits any more; called after `signal` aborted
   * @throws TRANSPORT_OVERLOADED (not sent), what `send` throws, or the reason of `signal`
   */
  async wait(
    send: (id: number) => void,
    cancel: (id: number) => void,
    signal?: CancelSignal,
  ): Promise<Uint8Array> {
    signal?.throwIfAborted()
    if (this.#pending.size >= this.#maxPendingRequests) {
      throw new TransportError(
        'TRANSPORT_OVERLOADED',
        `${this.#maxPendingRequests} requests wait for their answers on this connection already`,
      )
    }
    const id = this.#nextId()
    send(id)
    return new Promise((resolve, reject) => {
      const onAbort =
        signal &&
        (() => {
          this.#pending.delete(id)
          reject(signal.reason)
          cancel(id)
        })
      signal?.addEventListener('abort', onAbort!, { once: true })
      this.#pending.set(id, { resolve, reject, signal, onAbort })
    })
  }

  /** The answer to request `id` is there. An id nobody waits for is ignored: its caller gave up. */
  resolve(id: number, frame: Uint8Array): void {
    this.#take(id)?.resolve(frame)
  }

  /** No answer will come any more, for any of them. */
  rejectAll(reason: Error): void {
    for (const id of this.#pending.keys()) this.#take(id)?.reject(reason)
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    if (pending.onAbort) pending.signal?.removeEventListener('abort', pending.onAbort)
    return pending
  }

  #nextId(): number {
    do {
      this.#lastId = this.#lastId === MAX_ID ? 1 : this.#lastId + 1
    } while (this.#pending.has(this.#lastId))
    return this.#lastId
  }
}
