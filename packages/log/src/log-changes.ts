import type { Offset } from './batch.ts'

/** One reader's view of what changed in a log. */
export interface ChangeWatch {
  /** Lowest offset at which the log was cut since the last call; `Infinity` if it was not. */
  takeLowestCut(): Offset
  /** The same without taking it. */
  readonly lowestCut: Offset
  /** Resolves at the next change, or when `signal` aborts; at once if there was a change since the last call. */
  changed(signal: AbortSignal | undefined): Promise<void>
  /** Stops watching. */
  unwatch(): void
}

/** What became of the log's writer: it may go on, it was closed, or it failed and said why. */
export type WriterState = 'open' | 'closed' | { readonly failure: Error }

class Watch implements ChangeWatch {
  lowestCut: Offset = Infinity
  readonly #stop: (watch: Watch) => void
  #changed = false
  #wake: (() => void) | undefined

  constructor(stop: (watch: Watch) => void) {
    this.#stop = stop
  }

  takeLowestCut(): Offset {
    const cut = this.lowestCut
    this.lowestCut = Infinity
    return cut
  }

  async changed(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#changed && signal?.aborted !== true) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = (): void => resolve()
      this.#wake = wake
      signal?.addEventListener('abort', wake, { once: true })
      await promise
      signal?.removeEventListener('abort', wake)
      this.#wake = undefined
    }
    this.#changed = false
  }

  notify(truncateTo: Offset): void {
    this.lowestCut = Math.min(this.lowestCut, truncateTo)
    this.#changed = true
    this.#wake?.()
  }

  unwatch(): void {
    this.#stop(this)
  }
}

/** Tells those who watch a log that something became durable. Costs next to nothing while nobody does. */
export class LogChanges {
  readonly #watches = new Set<Watch>()
  #writer: WriterState = 'open'

  get writer(): WriterState {
    return this.#writer
  }

  watch(): ChangeWatch {
    const watch = new Watch((stopped) => this.#watches.delete(stopped))
    this.#watches.add(watch)
    return watch
  }

  /**
   * A commit became durable. Call it in the same turn in which the log's getters change, so that no reader sees the end
   * of the log after a cut without knowing of the cut.
   */
  committed(truncateTo: Offset = Infinity): void {
    for (const watch of this.#watches) watch.notify(truncateTo)
  }

  /** A write failed: there will be no more commits. */
  failed(failure: Error): void {
    if (this.#writer !== 'open') return
    this.#writer = { failure }
    this.committed()
  }

  /** The log was closed. */
  closed(): void {
    this.#writer = 'closed'
    this.committed()
  }
}
