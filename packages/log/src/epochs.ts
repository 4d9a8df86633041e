import type { Batch, Epoch, Offset } from './batch.ts'
import type { EpochEnd } from './log.ts'
import type { EpochStart } from './raft-log.ts'
import { checkRecord, encodeRecord } from './record-codec.ts'
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts'

const recordBytes = 24

/** {@link Log.endOffsetForEpoch}, for a log with these `epochs`, ascending, that ends at `endOffset`. */
export function endOffsetForEpoch(
  epochs: readonly EpochStart[],
  endOffset: Offset,
  epoch: Epoch,
): EpochEnd | undefined {
  const index = epochs.findLastIndex((start) => start.epoch <= epoch)
  const found = epochs[index]
  if (found === undefined) return undefined
  return { epoch: found.epoch, endOffset: epochs[index + 1]?.startOffset ?? endOffset }
}

/** What one side knows of its epochs: the start of each, ascending, and where the last of them ends. */
interface EpochHistory {
  readonly epochs: readonly EpochStart[]
  readonly endOffset: Offset
}

/**
 * The offset up to which two logs hold the same batches: where one that must follow the other is to be cut.
 *
 * It looks for the largest epoch that both have. Only one leader ever appended in it, so they agree until the first of
 * them left it (Raft §5.3, KIP-101). `undefined` if they have no epoch in common: then they agree on nothing that is
 * still there, and an empty log is one of those cases.
 */
export function divergenceOffset(one: EpochHistory, other: EpochHistory): Offset | undefined {
  for (const { epoch } of one.epochs.toReversed()) {
    const theirs = endOffsetForEpoch(other.epochs, other.endOffset, epoch)
    if (theirs?.epoch !== epoch) continue
    const ours = endOffsetForEpoch(one.epochs, one.endOffset, epoch)
    return Math.min(ours?.endOffset ?? 0, theirs.endOffset)
  }
  return undefined
}

/** The epoch of the batch at `offset`, which is not before the first of `epochs`. */
export function epochAt(epochs: readonly EpochStart[], offset: Offset): Epoch {
  return epochs.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? 0
}

/** `epochs` of a log whose start moves up to `offset`: what ended before is gone, and the first begins there. */
export function epochsFrom(epochs: readonly EpochStart[], offset: Offset, endOffset: Offset): EpochStart[] {
  if (offset >= endOffset) return []
  const first = epochs.findLastIndex(({ startOffset }) => startOffset <= offset)
  return epochs
    .slice(Math.max(first, 0))
    .map(({ epoch, startOffset }) => ({ epoch, startOffset: Math.max(startOffset, offset) }))
}

/** The epochs that `batches` begin, given the last epoch before them. */
export function newEpochs(batches: readonly Batch[], lastEpoch: Epoch | undefined): EpochStart[] {
  const starts: EpochStart[] = []
  let last = lastEpoch
  for (const { epoch, baseOffset } of batches) {
    if (epoch === last) continue
    starts.push({ epoch, startOffset: baseOffset })
    last = epoch
  }
  return starts
}

/** Encodes one entry of the epoch index in the format of docs/formats.md. */
export function encodeEpochStart({ epoch, startOffset }: EpochStart): Uint8Array {
  return encodeRecord(recordBytes, (view) => {
    view.setUint32(8, epoch)
    writeSafeInteger(view, 16, startOffset)
  })
}

/** Decodes one entry of the epoch index. @throws LOG_CORRUPT */
export function decodeEpochStart(stored: Uint8Array): EpochStart {
  const view = checkRecord(stored, recordBytes, 'epoch')
  return { epoch: view.getUint32(8), startOffset: readSafeInteger(view, 16) }
}
