/** A value that changes, and the stream of its changes. */
export class LatestValue<Value> {
  #value: Value
  #closed = false
  #changed = Promise.withResolvers<void>()

  constructor(value: Value) {
    this.#value = value
  }

  get value(): Value {
    return this.#value
  }

  /** Setting the value it has changes nothing. */
  set(value: Value): void {
    if (value === this.#value || this.#closed) return
    this.#value = value
    this.#wake()
  }

  /** Ends every stream after the value it has now. Idempotent. */
  close(): void {
    this.#closed = true
    this.#wake()
  }

  /**
   * The value now, and then as it changes, until `close`. A slow reader sees only the newest.
   *
   * @throws the signal's reason
   */
  async *values(signal?: AbortSignal): AsyncGenerator<Value, void, undefined> {
    const aborted = Promise.withResolvers<never>()
    // Nobody may be waiting when it rejects.
    aborted.promise.catch(() => undefined)
    const abort = (): void => aborted.reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      signal?.throwIfAborted()
      for (;;) {
        const changed = this.#changed.promise
        const closed = this.#closed
        const value = this.#value
        yield value
        if (closed) return
        if (value === this.#value && !this.#closed) await Promise.race([changed, aborted.promise])
        signal?.throwIfAborted()
        if (value === this.#value && this.#closed) return
      }
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
