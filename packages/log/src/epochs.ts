import type { Batch, Epoch, Offset } from './batch.ts'
import { crc32c } from './checksum.ts'
import { LogError } from './errors.ts'
import type { EpochEnd } from './log.ts'
import type { EpochStart } from './raft-log.ts'

const version = 1
const recordBytes = 24
const two32 = 2 ** 32

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
  const bytes = Buffer.alloc(recordBytes)
  bytes[4] = version
  bytes.writeUInt32BE(epoch, 8)
  bytes.writeUInt32BE(Math.floor(startOffset / two32), 16)
  bytes.writeUInt32BE(startOffset % two32, 20)
  bytes.writeUInt32BE(crc32c(bytes.subarray(4)), 0)
  return bytes
}

/** Decodes one entry of the epoch index. @throws LOG_CORRUPT */
export function decodeEpochStart(stored: Uint8Array): EpochStart {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  if (
    bytes.length !== recordBytes ||
    bytes.readUInt32BE(0) !== crc32c(bytes.subarray(4)) ||
    bytes[4] !== version
  )
    throw new LogError('LOG_CORRUPT', 'a stored epoch is damaged or of an unknown version', {
      record: 'epoch',
    })
  return {
    epoch: bytes.readUInt32BE(8),
    startOffset: bytes.readUInt32BE(16) * two32 + bytes.readUInt32BE(20),
  }
}
