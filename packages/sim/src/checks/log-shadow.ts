import { type Batch, type Epoch, nextOffset, type Offset } from '@quorate/log'
import { mix } from '../trace.ts'

interface Link {
  readonly endOffset: Offset
  readonly epoch: Epoch
  readonly chain: number
}

/** The chain hash of an empty log. */
const emptyChain = 0x5bd1e995

/**
 * What a log should hold, as hashes: the chain hash at an offset stands for everything before it.
 *
 * Two logs with the same chain hash at an offset are the same up to there, so that whole logs are compared in one step.
 */
export class LogShadow {
  readonly #links: Link[] = []

  get endOffset(): Offset {
    return this.#links.at(-1)?.endOffset ?? 0
  }

  get lastEpoch(): Epoch {
    return this.#links.at(-1)?.epoch ?? 0
  }

  get chain(): number {
    return this.#links.at(-1)?.chain ?? emptyChain
  }

  /** Hash of everything before `offset`; `undefined` where no batch ends there. */
  chainAt(offset: Offset): number | undefined {
    if (offset === 0) return emptyChain
    return this.#linkAt(offset)?.chain
  }

  /** Epoch of the batch that ends at `offset`, 0 at the beginning. */
  epochBefore(offset: Offset): Epoch | undefined {
    return offset === 0 ? 0 : this.#linkAt(offset)?.epoch
  }

  /** Where the first batch beyond `offset` ends. */
  endAfter(offset: Offset): Offset | undefined {
    return this.#links[this.#indexAfter(offset)]?.endOffset
  }

  append(batch: Batch): void {
    const chain = chainHash(this.chain, batch)
    this.#links.push({ endOffset: nextOffset(batch), epoch: batch.epoch, chain })
  }

  truncate(endOffset: Offset): void {
    while (this.endOffset > endOffset) this.#links.pop()
  }

  /** Takes over what `other` has beyond this one's end, up to `endOffset`. */
  extendFrom(other: LogShadow, endOffset: Offset): void {
    let index = other.#indexAfter(this.endOffset)
    for (let link = other.#links[index]; link !== undefined && link.endOffset <= endOffset;) {
      this.#links.push(link)
      index += 1
      link = other.#links[index]
    }
  }

  /** A copy that goes its own way. */
  clone(): LogShadow {
    const copy = new LogShadow()
    copy.#links.push(...this.#links)
    return copy
  }

  #linkAt(offset: Offset): Link | undefined {
    const link = this.#links[this.#indexAfter(offset) - 1]
    return link?.endOffset === offset ? link : undefined
  }

  /** Index of the first batch that ends beyond `offset`. */
  #indexAfter(offset: Offset): number {
    const last = this.#links.length - 1
    if (last < 0 || (this.#links[last] as Link).endOffset <= offset) return last + 1
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#links[middle] as Link).endOffset <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The hash of a log that ends with `batch`, given the hash of the log before it. */
function chainHash(chain: number, batch: Batch): number {
  let hash = mix(mix(mix(chain, batch.baseOffset), batch.count), batch.epoch)
  hash = mix(hash, batch.attributes)
  for (const byte of batch.payload) hash = mix(hash, byte)
  return hash
}
