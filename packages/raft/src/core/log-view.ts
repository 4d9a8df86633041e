import { assertInvariant, type Batch, type Epoch, type EpochStart, type Offset } from '@quorate/log'
import type { DivergingEpoch } from '../messages.ts'
import type { WriteId } from './events.ts'

/** A write under way and where the log will end durably once it is done. */
interface PendingWrite {
  readonly id: WriteId
  endOffset: Offset
}

/** What a log must tell when a core starts on it. */
export interface LogStart {
  readonly startOffset: Offset
  readonly endOffset: Offset
  readonly epochs: readonly EpochStart[]
}

/**
 * What the core knows about its log: where it ends, where it is durable up to, and which epoch begins where.
 *
 * It runs ahead of the disk: `endOffset` counts what was appended, `durableEndOffset` what was reported as written.
 */
export class LogView {
  readonly startOffset: Offset
  #endOffset: Offset
  #durableEndOffset: Offset
  #epochs: EpochStart[]
  #pending: PendingWrite[] = []
  #lastWriteId: WriteId = 0
  #lastWritten: WriteId = 0

  constructor(start: LogStart) {
    this.startOffset = start.startOffset
    this.#endOffset = start.endOffset
    this.#durableEndOffset = start.endOffset
    this.#epochs = [...start.epochs]
  }

  get endOffset(): Offset {
    return this.#endOffset
  }

  get durableEndOffset(): Offset {
    return this.#durableEndOffset
  }

  /** Epoch of the last batch, 0 while the log is empty. */
  get lastEpoch(): Epoch {
    return this.#epochs.at(-1)?.epoch ?? 0
  }

  /** Id of the newest write that is durable. */
  get lastWritten(): WriteId {
    return this.#lastWritten
  }

  /** Whether no write is under way. */
  get settled(): boolean {
    return this.#pending.length === 0
  }

  /** Epoch of the batch that ends at `offset`, 0 at the beginning of the log. */
  epochBefore(offset: Offset): Epoch {
    return this.#epochs.findLast((start) => start.startOffset < offset)?.epoch ?? 0
  }

  /** Epoch of the batch that holds `offset`; 0 outside the log. */
  epochAt(offset: Offset): Epoch {
    return offset < this.#endOffset ? this.epochBefore(offset + 1) : 0
  }

  /** Takes account of a write that was just given to the driver. @returns its id */
  push(write: { readonly truncateTo?: Offset; readonly batches?: readonly Batch[] }): WriteId {
    if (write.truncateTo !== undefined) this.#truncate(write.truncateTo)
    for (const batch of write.batches ?? []) this.#append(batch)
    this.#lastWriteId += 1
    this.#pending.push({ id: this.#lastWriteId, endOffset: this.#endOffset })
    return this.#lastWriteId
  }

  /** Takes account of the fact that write `id` and all before it are durable. */
  written(id: WriteId): void {
    assertInvariant(id <= this.#lastWriteId, 'only writes that were asked for are reported')
    this.#lastWritten = id
    let first = this.#pending[0]
    while (first !== undefined && first.id <= id) {
      this.#durableEndOffset = first.endOffset
      this.#pending.shift()
      first = this.#pending[0]
    }
  }

  /** The greatest epoch in the log that is not above `epoch`, and where it ends. */
  endOffsetForEpoch(epoch: Epoch): DivergingEpoch {
    const after = this.#epochs.findIndex((start) => start.epoch > epoch)
    const index = (after === -1 ? this.#epochs.length : after) - 1
    return {
      epoch: this.#epochs[index]?.epoch ?? 0,
      endOffset: after === -1 ? this.#endOffset : (this.#epochs[after]?.startOffset ?? this.#endOffset),
    }
  }

  /** Where a log that ends at `endOffset` in epoch `lastEpoch` leaves this one; `undefined` if it is a prefix of it. */
  divergence(endOffset: Offset, lastEpoch: Epoch): DivergingEpoch | undefined {
    const common = this.endOffsetForEpoch(lastEpoch)
    const matches = common.epoch === lastEpoch && endOffset <= common.endOffset
    return matches ? undefined : common
  }

  /** Whether a log that ends so may lead: it is not behind this one (Raft §5.4.1). */
  isUpToDate(lastEpoch: Epoch, endOffset: Offset): boolean {
    return lastEpoch > this.lastEpoch || (lastEpoch === this.lastEpoch && endOffset >= this.#endOffset)
  }

  #append(batch: Batch): void {
    assertInvariant(batch.baseOffset === this.#endOffset, 'a batch begins where the log ends')
    assertInvariant(batch.epoch >= this.lastEpoch, 'epochs never fall within a log')
    if (batch.epoch > this.lastEpoch) {
      this.#epochs.push({ epoch: batch.epoch, startOffset: batch.baseOffset })
    }
    this.#endOffset += batch.count
  }

  #truncate(endOffset: Offset): void {
    assertInvariant(
      endOffset >= this.startOffset && endOffset <= this.#endOffset,
      'a cut lies within the log',
    )
    this.#epochs = this.#epochs.filter((start) => start.startOffset < endOffset)
    this.#endOffset = endOffset
    this.#durableEndOffset = Math.min(this.#durableEndOffset, endOffset)
    // What earlier writes put beyond the cut will not be there: it must never be taken for the new suffix.
    for (const pending of this.#pending) pending.endOffset = Math.min(pending.endOffset, endOffset)
  }
}
