import type { Offset } from '@quorate/log'

interface Wait {
  readonly offset: Offset
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Those who wait for what is applied to reach an offset of theirs. */
export class OffsetWaits {
  #waits: Wait[] = []

  /** Resolves once `reached` was called with `offset` or more. Rejects with the signal's reason, or what `end` says. */
  wait(offset: Offset, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const wait = { offset, resolve, reject }
    const abort = (): void => {
      this.#waits = this.#waits.filter((other) => other !== wait)
      reject(signal?.reason as Error)
    }
    this.#waits.push(wait)
    signal?.addEventListener('abort', abort, { once: true })
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  reached(offset: Offset): void {
    if (this.#waits.length === 0) return
    const due = this.#waits.filter((wait) => wait.offset <= offset)
    this.#waits = this.#waits.filter((wait) => wait.offset > offset)
    for (const { resolve } of due) resolve()
  }

  end(error: Error): void {
    for (const { reject } of this.#waits) reject(error)
    this.#waits = []
  }
}
