/**
 * A value that changes, for any number of readers: each sees the newest when it is ready for one. A slow reader misses
 * what was true for a while only, and nothing piles up.
 */
export class NewestValue<Value> {
  #current: Value
  #version = 0
  #closed = false
  #changed = Promise.withResolvers<void>()

  constructor(initial: Value) {
    this.#current = initial
  }

  get current(): Value {
    return this.#current
  }

  set(value: Value): void {
    if (this.#closed) return
    this.#current = value
    this.#version += 1
    this.#wake()
  }

  /** Ends every iteration, once its reader took the last value. */
  close(): void {
    this.#closed = true
    this.#wake()
  }

  /** The present value at once, then each newest one. Ends when the value is closed or the signal aborts. */
  async *read(signal?: AbortSignal): AsyncGenerator<Value, void, undefined> {
    let seen = -1
    // Wakes the other readers too, who find nothing new.
    const abort = (): void => this.#wake()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      for (;;) {
        if (signal?.aborted) return
        if (seen !== this.#version) {
          seen = this.#version
          yield this.#current
        } else if (this.#closed) return
        else await this.#changed.promise
      }
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}
