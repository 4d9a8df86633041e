import { encodedBytes } from '../batch-codec.ts'
import { nextOffset } from '../batch.ts'
import type { Batch, Offset } from '../batch.ts'
import { LogError } from '../errors.ts'
import { damagedError } from '../recovery/damage.ts'
import type { TimestampOffset } from '../log.ts'
import type { Segment } from '../segment.ts'
import { BatchSelection } from '../selection.ts'
import { emptyTail } from '../tail.ts'
import type { Placement, Tail } from '../tail.ts'
import { decodeBatches } from '../wire.ts'

/**
 * The disk of an in-memory log: what was synced, and so what a crash leaves. Give it to `openMemoryLog` again to reopen.
 *
 * Made by {@link createMemoryStorage}; what is inside is the log's own affair.
 */
export class MemoryStorage {
  /** Everything but the batches. */
  tail: Tail = emptyTail
  readonly #batches: Batch[] = []
  readonly #corrupt = new Set<Offset>()
  #misdirected: Offset | undefined
  #torn: Uint8Array | undefined
  #open = false

  /** Locks the storage and verifies its end, as opening a directory does. @throws LOG_LOCKED, LOG_DAMAGED */
  open(): void {
    if (this.#open) throw new LogError('LOG_LOCKED', 'the storage is open already')
    this.#discardTorn()
    const last = this.#batches.at(-1)
    if (last !== undefined && this.#corrupt.has(last.baseOffset)) throw damagedEnd(last.baseOffset)
    this.#open = true
  }

  /** Unlocks the storage. */
  release(): void {
    this.#open = false
  }

  /** Makes sure that a cut at `offset` falls between two batches. @throws LOG_OFFSET_OUT_OF_RANGE */
  checkBoundary(offset: Offset): void {
    const following = this.#batches[this.#indexOf(offset)]
    if (following !== undefined && following.baseOffset !== offset)
      throw new LogError('LOG_OFFSET_OUT_OF_RANGE', `cannot cut at ${offset}: it is inside a batch`, {
        offset,
      })
  }

  /** Performs a placed write, all of it. */
  apply(placement: Placement): void {
    const { truncateTo } = placement
    if (truncateTo !== undefined) {
      for (const removed of this.#batches.splice(this.#indexOf(truncateTo)))
        this.#corrupt.delete(removed.baseOffset)
    }
    for (const batch of placement.batches) this.#batches.push(batch)
    if (placement.after.startOffset > this.tail.startOffset)
      for (const dropped of this.#batches.splice(0, this.#indexOf(placement.after.startOffset)))
        this.#corrupt.delete(dropped.baseOffset)
    this.tail = placement.after
  }

  /** Base offset of the batch that holds `offset`, which the log can begin with. An offset behind the end is returned as it is. */
  boundaryBefore(offset: Offset): Offset {
    return this.#batches[this.#indexOf(offset)]?.baseOffset ?? offset
  }

  /** The first batch with a time at or after `timestampMs`. */
  findTimestamp(timestampMs: number): TimestampOffset | undefined {
    const found = this.#batches.find((batch) => batch.timestampMs >= timestampMs)
    return found === undefined ? undefined : { offset: found.baseOffset, timestampMs: found.timestampMs }
  }

  /** The one segment that a log in memory has, unless it is empty. */
  segments(): readonly Segment[] {
    const [first] = this.#batches
    const last = this.#batches.at(-1)
    if (first === undefined || last === undefined) return []
    return [
      {
        baseOffset: first.baseOffset,
        endOffset: nextOffset(last),
        bytes: encodedBytes(this.#batches),
        firstTimestampMs: first.timestampMs,
        maxTimestampMs: this.#batches.reduce((max, { timestampMs }) => Math.max(max, timestampMs), 0),
        firstEpoch: first.epoch,
        lastEpoch: last.epoch,
      },
    ]
  }

  /** A write reached the disk but for its last bytes. Opening must notice and drop all of it. */
  tear(bytes: Uint8Array): void {
    this.#torn = bytes
  }

  /** Damages the batch that holds `offset`. */
  corrupt(offset: Offset): void {
    const batch = this.#batches[this.#indexOf(offset)]
    if (batch !== undefined) this.#corrupt.add(batch.baseOffset)
  }

  /** The next read of the batch that holds `offset` finds another one in its place, as from a wrong sector of the disk. */
  misdirect(offset: Offset): void {
    this.#misdirected = this.#batches[this.#indexOf(offset)]?.baseOffset
  }

  /** Batches from the one that holds `from`; `from` is inside the log. @throws LOG_CORRUPT */
  read(from: Offset, maxBytes: number): readonly Batch[] {
    const selection = new BatchSelection(from, this.tail.endOffset, maxBytes)
    for (
      let index = this.#indexOf(from);
      selection.take(this.#batches.slice(index, index + 64));
      index += 64
    );
    if (this.#corrupt.size > 0) for (const batch of selection.batches) this.#verify(batch)
    if (this.#misdirected !== undefined) this.#verifyPlace(selection.batches)
    return selection.batches
  }

  /** Index of the batch that holds `offset`, or of the end. */
  #indexOf(offset: Offset): number {
    let low = 0
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const batch = this.#batches[middle]
      if (batch !== undefined && nextOffset(batch) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #verify({ baseOffset }: Batch): void {
    if (this.#corrupt.has(baseOffset))
      throw new LogError('LOG_CORRUPT', `the batch at offset ${baseOffset} is damaged`, {
        offset: baseOffset,
      })
  }

  /** A batch carries its offset, and the checksum covers it: one that stands elsewhere is not taken for another. */
  #verifyPlace(batches: readonly Batch[]): void {
    const offset = this.#misdirected
    if (!batches.some(({ baseOffset }) => baseOffset === offset)) return
    this.#misdirected = undefined
    throw new LogError('LOG_CORRUPT', `another batch was read in place of the one at offset ${offset}`, {
      offset,
    })
  }

  #discardTorn(): void {
    if (this.#torn === undefined) return
    const torn = this.#torn
    this.#torn = undefined
    try {
      decodeBatches(torn)
    } catch {
      return
    }
    throw new LogError('LOG_CORRUPT', 'a torn write was taken for a whole one')
  }
}

/** A new, empty disk with an empty log on it. */
export function createMemoryStorage(): MemoryStorage {
  return new MemoryStorage()
}

function damagedEnd(offset: Offset): LogError {
  return damagedError('memory', [{ kind: 'log', offset, detail: `the batch at offset ${offset} is damaged` }])
}
