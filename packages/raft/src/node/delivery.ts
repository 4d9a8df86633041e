import { type Batch, nextOffset, type Offset } from '@quorate/log'
import type { Leadership, StateMachine } from '../ports.ts'
import { OffsetWaits } from './offset-waits.ts'

/** What a delivery works with. */
export interface DeliveryOptions {
  readonly stateMachine: StateMachine
  readonly startOffset: Offset
  /** Committed batches from `from` on, none beyond `to`; from memory if they are there. */
  readonly read: (from: Offset, to: Offset) => readonly Batch[] | Promise<readonly Batch[]>
  /** The state machine was given more. */
  readonly onApplied: () => void
  readonly fail: (error: Error) => void
}

/**
 * Hands the committed log to the state machine: in order, without gaps, one call at a time.
 *
 * That this node leads is told only after everything before its reign was handed over.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  #appliedOffset: Offset
  #committedOffset: Offset
  #leadership: { readonly leadership: Leadership; readonly epochStart: Offset | undefined } | undefined
  readonly #waits = new OffsetWaits()
  #busy = false
  #closed = false

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#appliedOffset = options.startOffset
    this.#committedOffset = options.startOffset
  }

  /** Everything before it was given to the state machine. */
  get appliedOffset(): Offset {
    return this.#appliedOffset
  }

  /** Everything before `highWatermark` may be handed over. */
  commit(highWatermark: Offset): void {
    this.#committedOffset = highWatermark
    this.#run()
  }

  /** Leadership changed; `epochStart` is set if it came to this node. */
  leadership({ epoch, leaderId }: Leadership, epochStart: Offset | undefined): void {
    this.#leadership = { leadership: { epoch, leaderId }, epochStart }
    this.#run()
  }

  /** Resolves once everything before `offset` was handed over. Rejects with the signal's reason, or what `close` gives. */
  async applied(offset: Offset, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#appliedOffset < offset) await this.#waits.wait(offset, signal)
  }

  /** Hands over nothing more. Those who wait are given `error`. */
  close(error: Error): void {
    this.#closed = true
    this.#waits.end(error)
  }

  #run(): void {
    if (this.#busy) return
    this.#busy = true
    while (!this.#closed) {
      this.#tellLeadership()
      if (this.#appliedOffset >= this.#committedOffset) break
      const batches = this.#options.read(this.#appliedOffset, this.#committedOffset)
      if (batches instanceof Promise) return this.#resumeWith(batches)
      this.#apply(batches)
    }
    this.#busy = false
  }

  #resumeWith(reading: Promise<readonly Batch[]>): void {
    reading
      .then((batches) => {
        if (!this.#closed) this.#apply(batches)
        this.#busy = false
        this.#run()
      })
      .catch((error: unknown) => this.#options.fail(error as Error))
  }

  #apply(batches: readonly Batch[]): void {
    const last = batches.at(-1)
    if (last === undefined) throw new Error(`nothing to read at committed offset ${this.#appliedOffset}`)
    this.#appliedOffset = nextOffset(last)
    this.#options.stateMachine.apply(batches)
    this.#waits.reached(this.#appliedOffset)
    this.#options.onApplied()
  }

  #tellLeadership(): void {
    const news = this.#leadership
    if (news === undefined) return
    if (news.epochStart !== undefined && this.#appliedOffset <= news.epochStart) return
    this.#leadership = undefined
    this.#options.stateMachine.leadership(news.leadership)
  }
}
