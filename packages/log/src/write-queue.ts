import type { Entry } from './group-writer.ts'
import { standsFirst } from './request.ts'

/** How much one write carries. */
export interface WriteLimits {
  /** A write takes no more requests once it carries this much. A single larger request still goes, by itself. */
  readonly maxWriteBytes: number
  readonly maxWriteBatches: number
}

/** Requests that wait for a write, in call order. */
export class WriteQueue {
  readonly #limits: WriteLimits
  #entries: Entry[] = []
  #bytes = 0
  #batches = 0

  constructor(limits: WriteLimits) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** Whether a full write waits whose plan needs nothing but what was planned before. */
  get isFull(): boolean {
    const { maxWriteBytes, maxWriteBatches } = this.#limits
    if (this.#bytes < maxWriteBytes && this.#batches < maxWriteBatches) return false
    const [first] = this.#entries
    return first !== undefined && !standsFirst(first.request)
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += entry.request.bytes
    this.#batches += entry.request.batchCount
  }

  /** Takes back an entry that waits. */
  remove(entry: Entry): void {
    this.#entries = this.#entries.filter((waiting) => waiting !== entry)
    this.#bytes -= entry.request.bytes
    this.#batches -= entry.request.batchCount
  }

  /**
   * Takes what one write carries, and stops listening to its signals.
   *
   * @param ahead - another write is under way: what must look at the disk before it can be planned stays
   */
  take(ahead: boolean): readonly Entry[] {
    const { maxWriteBytes, maxWriteBatches } = this.#limits
    const entries = this.#entries
    let bytes = 0
    let batches = 0
    let count = 0
    for (const { log, request, unlisten } of entries) {
      const isOver = bytes + request.bytes > maxWriteBytes || batches + request.batchCount > maxWriteBatches
      if (isOver && count > 0) break
      if (standsFirst(request)) {
        const isBehindOwn = entries.some((entry, index) => index < count && entry.log === log)
        if (ahead || isBehindOwn) break
      }
      bytes += request.bytes
      batches += request.batchCount
      unlisten?.()
      count += 1
    }
    this.#bytes -= bytes
    this.#batches -= batches
    this.#entries = count === entries.length ? [] : entries.slice(count)
    return count === entries.length ? entries : entries.slice(0, count)
  }

  /** Takes everything, and stops listening to its signals. */
  takeAll(): readonly Entry[] {
    const entries = this.#entries
    for (const { unlisten } of entries) unlisten?.()
    this.#entries = []
    this.#bytes = 0
    this.#batches = 0
    return entries
  }
}
