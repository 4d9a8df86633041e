import { type Batch, nextOffset, type Offset, type RaftLog } from '@quorate/log'
import type { TailCache } from './tail-cache.ts'

/** Reads the log: its newest part from memory at once, the rest from disk. */
export class BatchReader {
  readonly #log: RaftLog
  readonly #cache: TailCache
  readonly #maxBytes: number

  constructor(log: RaftLog, cache: TailCache, maxBytes: number) {
    this.#log = log
    this.#cache = cache
    this.#maxBytes = maxBytes
  }

  /** Whole batches from `from` on, none beyond `to`; at least one if there is one, else within the limit of bytes. */
  read(from: Offset, to: Offset): readonly Batch[] | Promise<readonly Batch[]> {
    return this.#cache.read(from, to, this.#maxBytes) ?? this.#readLog(from, to)
  }

  async #readLog(from: Offset, to: Offset): Promise<readonly Batch[]> {
    const batches = await this.#log.read(from, { maxBytes: this.#maxBytes })
    return batches.filter((batch) => nextOffset(batch) <= to)
  }
}
