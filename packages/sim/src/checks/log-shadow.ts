import { type Batch, type Epoch, nextOffset, type Offset } from '@quorate/log'
import { proposalsIn, type Voter } from '@quorate/raft'
import { mix } from '../trace.ts'
import { votersNamedBy } from './voters.ts'

interface Link {
  readonly endOffset: Offset
  readonly epoch: Epoch
  readonly chain: number
  readonly voters: readonly Voter[]
  /** End of the batch that names them, 0 for the founders. */
  readonly votersEnd: Offset
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
  readonly #founders: readonly Voter[]

  /** @param founders - the voters of a log that names none */
  constructor(founders: readonly Voter[] = []) {
    this.#founders = founders
  }

  /** The voters in effect at the end of the log. */
  get voters(): readonly Voter[] {
    return this.#links.at(-1)?.voters ?? this.#founders
  }

  /** Where the batch ends that names them, 0 for the founders. */
  get votersEnd(): Offset {
    return this.#links.at(-1)?.votersEnd ?? 0
  }

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

  /** The voters that the log before `offset` leaves in effect, and where the batch ends that names them. */
  votersBefore(offset: Offset): { readonly voters: readonly Voter[]; readonly votersEnd: Offset } {
    return this.#links[this.#indexAfter(offset) - 1] ?? { voters: this.#founders, votersEnd: 0 }
  }

  /** Where the first batch beyond `offset` ends. */
  endAfter(offset: Offset): Offset | undefined {
    return this.#links[this.#indexAfter(offset)]?.endOffset
  }

  /** Takes in a batch of the log, or one proposal of it: both come to the same, so that logs and state machines compare. */
  append(batch: Batch): void {
    for (const proposal of proposalsIn(batch)) {
      const chain = chainHash(this.chain, proposal)
      const endOffset = nextOffset(proposal)
      const named = votersNamedBy(proposal)
      const voters = named ?? this.voters
      const votersEnd = named === undefined ? this.votersEnd : endOffset
      this.#links.push({ endOffset, epoch: proposal.epoch, chain, voters, votersEnd })
    }
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

  /** Forgets everything and takes over what `other` has before `endOffset`: what a snapshot stands for. */
  restart(other: LogShadow, endOffset: Offset): void {
    this.#links.length = 0
    this.extendFrom(other, endOffset)
  }

  /** A copy that goes its own way. */
  clone(): LogShadow {
    const copy = new LogShadow(this.#founders)
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
