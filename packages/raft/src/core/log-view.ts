import {
  assertInvariant,
  type Batch,
  type Epoch,
  type EpochStart,
  type Offset,
  type SnapshotId,
} from '@quorate/log'
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
  /** Epoch of the batch before `startOffset`; 0 at the beginning of the history. @default 0 */
  readonly startEpoch?: Epoch
  readonly endOffset: Offset
  readonly epochs: readonly EpochStart[]
}

/**
 * What the core knows about its log: where it begins and ends, where it is durable up to, and which epoch begins where.
 *
 * A log that does not begin at 0 begins where a snapshot ends, so that the epoch before its first batch is known: logs
 * are compared there as anywhere else. What the disk still has before that is nobody's concern.
 *
 * It runs ahead of the disk: `endOffset` counts what was appended, `durableEndOffset` what was reported as written.
 */
export class LogView {
  #startOffset: Offset
  #startEpoch: Epoch
  #endOffset: Offset
  #durableEndOffset: Offset
  #epochs: EpochStart[]
  #pending: PendingWrite[] = []
  #lastWriteId: WriteId = 0
  #lastWritten: WriteId = 0

  constructor(start: LogStart) {
    this.#startOffset = start.startOffset
    this.#startEpoch = start.startEpoch ?? 0
    this.#endOffset = start.endOffset
    this.#durableEndOffset = start.endOffset
    this.#epochs = start.epochs.filter(({ startOffset }) => startOffset >= start.startOffset)
  }

  get startOffset(): Offset {
    return this.#startOffset
  }

  get endOffset(): Offset {
    return this.#endOffset
  }

  get durableEndOffset(): Offset {
    return this.#durableEndOffset
  }

  /** Epoch of the last batch there ever was, 0 if there was none. */
  get lastEpoch(): Epoch {
    return this.#epochs.at(-1)?.epoch ?? this.#startEpoch
  }

  /** Id of the newest write that is durable. */
  get lastWritten(): WriteId {
    return this.#lastWritten
  }

  /** Whether no write is under way. */
  get settled(): boolean {
    return this.#pending.length === 0
  }

  /** Epoch of the batch that ends at `offset`, which is not before the start; 0 at the beginning of the history. */
  epochBefore(offset: Offset): Epoch {
    return this.#epochs.findLast((start) => start.startOffset < offset)?.epoch ?? this.#startEpoch
  }

  /** Whether a log that ends at `endOffset` in epoch `lastEpoch` cannot go on from this one, which begins behind it. */
  isBeyond(endOffset: Offset, lastEpoch: Epoch): boolean {
    return endOffset < this.#startOffset || lastEpoch < this.#startEpoch
  }

  /** From now on the log begins where `snapshot` ends. */
  moveStart({ endOffset, epoch }: SnapshotId): void {
    assertInvariant(
      endOffset >= this.#startOffset && endOffset <= this.#durableEndOffset,
      'a log begins within what is durable',
    )
    assertInvariant(this.epochBefore(endOffset) === epoch, 'a snapshot ends with a batch of its epoch')
    this.#startOffset = endOffset
    this.#startEpoch = epoch
    this.#epochs = this.#epochs.filter((start) => start.startOffset >= endOffset)
  }

  /**
   * Takes account of the fact that the log is emptied and goes on where `snapshot` ends.
   *
   * The snapshot is durable, and takes the place of the log if the node dies first. So nothing here waits for the disk.
   *
   * @returns the id of the write
   */
  restart({ endOffset, epoch }: SnapshotId): WriteId {
    this.#startOffset = endOffset
    this.#startEpoch = epoch
    this.#endOffset = endOffset
    this.#durableEndOffset = endOffset
    this.#epochs = []
    for (const pending of this.#pending) pending.endOffset = endOffset
    return this.push({})
  }

  /** Epoch of the batch that holds `offset`; 0 outside the log. */
  epochAt(offset: Offset): Epoch {
    return offset >= this.#startOffset && offset < this.#endOffset ? this.epochBefore(offset + 1) : 0
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
    assertInvariant(id >= this.#lastWritten, 'writes are reported in order')
    this.#lastWritten = id
    let first = this.#pending[0]
    while (first !== undefined && first.id <= id) {
      this.#durableEndOffset = first.endOffset
      this.#pending.shift()
      first = this.#pending[0]
    }
  }

  /** The greatest epoch that is not above `epoch`, and where it ends. `epoch` is not below that of the start. */
  endOffsetForEpoch(epoch: Epoch): DivergingEpoch {
    assertInvariant(epoch >= this.#startEpoch, 'epochs from before the start are not known')
    const after = this.#epochs.findIndex((start) => start.epoch > epoch)
    const index = (after === -1 ? this.#epochs.length : after) - 1
    return {
      epoch: this.#epochs[index]?.epoch ?? this.#startEpoch,
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
