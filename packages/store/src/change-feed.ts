import type { RecordTypes, RecordOf, StoreDefinition } from './definition.ts'
import { Mailbox } from './mailbox.ts'
import type { Change } from './store.ts'

/** A change whose delta may have grown too long to keep; then only where it leads is remembered. */
interface Pending<Image, Rec> {
  readonly change: Change<Image, Rec>
  readonly overflown: boolean
}

/**
 * Committed changes for any number of readers, each at its own pace.
 *
 * A reader that lags gets what it missed merged into one change. If that would be more than `maxMergedRecords`, it gets
 * the whole image instead, as a new reader does.
 */
export class ChangeFeed<Types extends RecordTypes, Image> {
  readonly #definition: StoreDefinition<Types, Image>
  readonly #maxMergedRecords: number
  readonly #readers = new Set<Mailbox<Pending<Image, RecordOf<Types>>>>()
  #closed = false

  constructor(definition: StoreDefinition<Types, Image>, maxMergedRecords: number) {
    this.#definition = definition
    this.#maxMergedRecords = maxMergedRecords
  }

  publish(change: Change<Image, RecordOf<Types>>): void {
    for (const reader of this.#readers) reader.put({ change, overflown: false })
  }

  /** Ends every iteration once its reader took what is there. */
  close(): void {
    this.#closed = true
    for (const reader of this.#readers) reader.close()
  }

  /** What `now` says when the first change is asked for, as a snapshot, and then every change after it. */
  async *read(
    now: () => Pick<Change<Image, RecordOf<Types>>, 'image' | 'offset' | 'epoch'>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Change<Image, RecordOf<Types>>, void, undefined> {
    const mailbox = new Mailbox<Pending<Image, RecordOf<Types>>>((older, newer) => this.#merge(older, newer))
    const change = { ...now(), delta: [], previous: this.#definition.empty(), timestampMs: 0, snapshot: true }
    mailbox.put({ change, overflown: true })
    if (this.#closed) mailbox.close()
    this.#readers.add(mailbox)
    try {
      for await (const { change, overflown } of mailbox.take(signal)) {
        yield overflown ? this.#snapshot(change) : change
      }
    } finally {
      this.#readers.delete(mailbox)
    }
  }

  #merge(
    older: Pending<Image, RecordOf<Types>>,
    newer: Pending<Image, RecordOf<Types>>,
  ): Pending<Image, RecordOf<Types>> {
    const records = older.change.delta.length + newer.change.delta.length
    if (older.overflown || records > this.#maxMergedRecords) return { change: newer.change, overflown: true }
    const delta = [...older.change.delta, ...newer.change.delta]
    const { previous, snapshot } = older.change
    return { change: { ...newer.change, delta, previous, snapshot }, overflown: false }
  }

  #snapshot(change: Change<Image, RecordOf<Types>>): Change<Image, RecordOf<Types>> {
    const delta = [...this.#definition.snapshot(change.image)]
    return { ...change, delta, previous: this.#definition.empty(), snapshot: true }
  }
}
