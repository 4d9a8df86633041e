import { nextOffset } from './batch.ts'
import type { Batch, Offset } from './batch.ts'
import { LogError } from './errors.ts'
import type { Tail } from './tail.ts'

/** Payload bytes that a read returns at most when nobody says. */
export const defaultMaxReadBytes = 1024 * 1024

/** The batches that one read returns: whole ones, from the one that holds `from`, to the byte limit or the end. */
export class BatchSelection {
  readonly batches: Batch[] = []
  readonly #endOffset: Offset
  readonly #maxBytes: number
  #nextOffset: Offset
  #bytes = 0

  constructor(from: Offset, endOffset: Offset, maxBytes: number) {
    this.#nextOffset = from
    this.#endOffset = endOffset
    this.#maxBytes = maxBytes
  }

  /** The offset that the selection lacks next. */
  get nextOffset(): Offset {
    return this.#nextOffset
  }

  /** Takes what fits of `batches`, which follow those of the call before. @returns whether there is room for more */
  take(batches: readonly Batch[]): boolean {
    for (const batch of batches) {
      const next = nextOffset(batch)
      if (next <= this.#nextOffset) continue
      this.#bytes += batch.payload.byteLength
      if (this.batches.length > 0 && this.#bytes > this.#maxBytes) return false
      this.batches.push(batch)
      this.#nextOffset = next
      if (next >= this.#endOffset) return false
    }
    return true
  }
}

/** Makes sure that a log which ends with `tail` can be read at `from`. @throws LOG_OFFSET_OUT_OF_RANGE */
export function checkReadable(tail: Tail, from: Offset): void {
  const { startOffset, endOffset } = tail
  if (Number.isInteger(from) && from >= startOffset && from <= endOffset) return
  throw new LogError(
    'LOG_OFFSET_OUT_OF_RANGE',
    `cannot read at ${from}: the log reaches from ${startOffset} to ${endOffset}`,
    { offset: from, startOffset, endOffset },
  )
}
