import { assertInvariant, type Batch, nextOffset, type Offset } from '@quorate/log'

/** Bytes a batch is taken to weigh beside its payload. */
const batchOverheadBytes = 100

interface Entry {
  readonly batch: Batch
  /** Weight of everything appended before it since the cache was made. */
  readonly position: number
}

/**
 * The newest batches of the log in memory: those that are not durable or not applied yet, which the disk could not
 * give, and as many older ones as fit, which followers are about to ask for.
 */
export class TailCache {
  readonly #maxBytes: number
  #entries: Entry[] = []
  /** Index of the first entry that counts; what is before it was evicted. */
  #first = 0
  #endPosition = 0
  #endOffset: Offset

  constructor(endOffset: Offset, maxBytes: number) {
    this.#endOffset = endOffset
    this.#maxBytes = maxBytes
  }

  /** Offset of the first batch held; the end of the log if none is. */
  get startOffset(): Offset {
    return this.#entries[this.#first]?.batch.baseOffset ?? this.#endOffset
  }

  append(batches: readonly Batch[]): void {
    for (const batch of batches) {
      assertInvariant(batch.baseOffset === this.#endOffset, 'a cached batch begins where the cache ends')
      this.#entries.push({ batch, position: this.#endPosition })
      this.#endPosition += weight(batch)
      this.#endOffset = nextOffset(batch)
    }
  }

  truncate(endOffset: Offset): void {
    let last = this.#entries.at(-1)
    while (last !== undefined && this.#entries.length > this.#first && last.batch.baseOffset >= endOffset) {
      this.#entries.pop()
      this.#endPosition = last.position
      last = this.#entries.at(-1)
    }
    this.#endOffset = endOffset
  }

  /** Forgets everything: the log goes on, empty, at `endOffset`. */
  restart(endOffset: Offset): void {
    this.#entries = []
    this.#first = 0
    this.#endOffset = endOffset
  }

  /** Forgets the oldest batches while there are too many bytes, but nothing at or after `needed`. */
  evict(needed: Offset): void {
    let entry = this.#entries[this.#first]
    while (
      entry !== undefined &&
      this.#endPosition - entry.position > this.#maxBytes &&
      nextOffset(entry.batch) <= needed
    ) {
      this.#first += 1
      entry = this.#entries[this.#first]
    }
    // Shifting one by one would cost the length of the array each time.
    if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
  }

  /** Weight of what is held from `offset` on. */
  bytesFrom(offset: Offset): number {
    const entry = this.#entries[this.#indexOf(offset)]
    return entry === undefined ? 0 : this.#endPosition - entry.position
  }

  /**
   * Batches from `from` up to `to`, at least one if there is one, else within `maxBytes`.
   *
   * @returns `undefined` if `from` lies before what is held: ask the log
   */
  read(from: Offset, to: Offset, maxBytes: number): readonly Batch[] | undefined {
    if (from < this.startOffset) return undefined
    const batches: Batch[] = []
    let bytes = 0
    for (let index = this.#indexOf(from); index < this.#entries.length; index += 1) {
      const { batch } = this.#entries[index] as Entry
      bytes += weight(batch)
      if (nextOffset(batch) > to || (batches.length > 0 && bytes > maxBytes)) break
      batches.push(batch)
    }
    return batches
  }

  /** Index of the batch that begins at `offset` or after it. */
  #indexOf(offset: Offset): number {
    let low = this.#first
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle] as Entry).batch.baseOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function weight(batch: Batch): number {
  return batch.payload.byteLength + batchOverheadBytes
}
