import {
  assertInvariant,
  type Batch,
  batchHeaderBytes,
  type Epoch,
  nextOffset,
  type Offset,
} from '@quorate/log'
import type { Leadership, StateMachine } from '../ports.ts'
import { OffsetWaits } from './offset-waits.ts'

/** How far a state machine is: it was given everything before `offset`. */
export interface Position {
  readonly offset: Offset
  /** Epoch and time of the last batch before `offset`; 0 at the beginning. */
  readonly epoch: Epoch
  readonly timestampMs: number
}

/** Where every history begins. */
export const beginning: Position = { offset: 0, epoch: 0, timestampMs: 0 }

/** What a delivery works with. */
export interface DeliveryOptions {
  readonly stateMachine: StateMachine
  /** Committed batches from `from` on, none beyond `to`; from memory if they are there. */
  readonly read: (from: Offset, to: Offset) => readonly Batch[] | Promise<readonly Batch[]>
  /** Batches of the log as the state machine is to see them. Called once for each, in order. */
  readonly admit: (batches: readonly Batch[]) => readonly Batch[]
  /** The state machine got further, by so many bytes of the log: 0 where a snapshot brought it there. */
  readonly onApplied: (bytes: number) => void
  readonly fail: (error: Error) => void
}

/**
 * Hands the committed log to the state machine: in order, without gaps, one call at a time. A snapshot may take the place
 * of everything before its end.
 *
 * That this node leads is told only after everything before its reign was handed over.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  #position = beginning
  #committedOffset: Offset = 0
  #leadership: { readonly leadership: Leadership; readonly epochStart: Offset | undefined } | undefined
  readonly #waits = new OffsetWaits()
  #busy = false
  /** Replacements of the state asked for and not done yet; the last of them settles this promise. */
  #replacements = 0
  #replaced: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  get position(): Position {
    return this.#position
  }

  /** Everything before it was given to the state machine. */
  get appliedOffset(): Offset {
    return this.#position.offset
  }

  /** Whether the state is being replaced: nothing is handed over meanwhile. */
  get isReplacing(): boolean {
    return this.#replacements > 0
  }

  /** Settles when no replacement is under way. */
  get replaced(): Promise<void> {
    return this.#replaced
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

  /**
   * Has the state machine's whole state replaced by `load`, after any replacement under way, and goes on from where that
   * leads.
   *
   * @throws what `load` throws; nothing more is handed over then
   */
  replace(load: () => Promise<Position>): Promise<void> {
    this.#replacements += 1
    const replaced = this.#replaced.then(async () => {
      if (this.#closed) return
      const position = await load()
      assertInvariant(position.offset >= this.#position.offset, 'a state machine never goes back')
      this.#position = position
      this.#committedOffset = Math.max(this.#committedOffset, position.offset)
      this.#replacements -= 1
      this.#waits.reached(position.offset)
      this.#options.onApplied(0)
      this.#run()
    })
    this.#replaced = replaced.catch(() => undefined)
    return replaced
  }

  /** Resolves once everything before `offset` was handed over. Rejects with the signal's reason, or what `close` gives. */
  async applied(offset: Offset, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.appliedOffset < offset) await this.#waits.wait(offset, signal)
  }

  /** Hands over nothing more. Those who wait are given `error`. */
  close(error: Error): void {
    this.#closed = true
    this.#waits.end(error)
  }

  #run(): void {
    if (this.#busy) return
    this.#busy = true
    while (!this.#closed && !this.isReplacing) {
      this.#tellLeadership()
      if (this.appliedOffset >= this.#committedOffset) break
      const batches = this.#options.read(this.appliedOffset, this.#committedOffset)
      if (batches instanceof Promise) return this.#resumeWith(batches)
      this.#apply(batches)
    }
    this.#busy = false
  }

  #resumeWith(reading: Promise<readonly Batch[]>): void {
    const from = this.appliedOffset
    // A snapshot may have come in between: then what was read is history, and may not even be there any more.
    const isWanted = (): boolean => !this.#closed && !this.isReplacing && this.appliedOffset === from
    reading
      .then(
        (batches) => {
          if (isWanted()) this.#apply(batches)
        },
        (error: unknown) => {
          if (isWanted()) throw error
        },
      )
      .then(() => {
        this.#busy = false
        this.#run()
      })
      .catch((error: unknown) => this.#options.fail(error as Error))
  }

  #apply(batches: readonly Batch[]): void {
    const last = batches.at(-1)
    if (last === undefined) throw new Error(`nothing to read at committed offset ${this.appliedOffset}`)
    const { epoch, timestampMs } = last
    this.#position = { offset: nextOffset(last), epoch, timestampMs }
    this.#options.stateMachine.apply(this.#options.admit(batches))
    this.#waits.reached(this.appliedOffset)
    let bytes = 0
    for (const { payload } of batches) bytes += batchHeaderBytes + payload.byteLength
    this.#options.onApplied(bytes)
  }

  #tellLeadership(): void {
    const news = this.#leadership
    if (news === undefined) return
    if (news.epochStart !== undefined && this.appliedOffset <= news.epochStart) return
    this.#leadership = undefined
    this.#options.stateMachine.leadership(news.leadership)
  }
}
