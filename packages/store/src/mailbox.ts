/** Ends a wait: the waiting side's iteration is over. */
const ended = Symbol('ended')

/**
 * A mailbox with room for one: a reader that is slow finds what `merge` made of everything it missed.
 *
 * One reader at a time. Iteration ends when the mailbox is closed or the signal aborts.
 */
export class Mailbox<Value> {
  readonly #merge: (older: Value, newer: Value) => Value
  #value: { readonly content: Value } | undefined
  #wake: (() => void) | undefined
  #closed = false

  constructor(merge: (older: Value, newer: Value) => Value) {
    this.#merge = merge
  }

  put(value: Value): void {
    if (this.#closed) return
    this.#value = { content: this.#value === undefined ? value : this.#merge(this.#value.content, value) }
    this.#wake?.()
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  /** Takes values until closed; what was put before the close is still delivered. */
  async *take(signal?: AbortSignal): AsyncGenerator<Value, void, undefined> {
    for (;;) {
      const next = await this.#next(signal)
      if (next === ended) return
      yield next
    }
  }

  async #next(signal: AbortSignal | undefined): Promise<Value | typeof ended> {
    while (this.#value === undefined) {
      if (this.#closed || signal?.aborted) return ended
      await this.#changed(signal)
    }
    if (signal?.aborted) return ended
    const { content } = this.#value
    this.#value = undefined
    return content
  }

  async #changed(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    signal?.addEventListener('abort', () => resolve(), { once: true })
    await promise
  }
}
