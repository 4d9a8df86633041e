import { decodeBatchBytes } from './batch-codec.ts'
import type { BatchExpectation, DecodedBatches, EncodeTarget } from './batch-codec.ts'
import { crc32c } from './checksum.ts'
import { LogError } from './errors.ts'
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts'
import type { SegmentProgress } from './segment.ts'

/** Bytes that a chunk has in front of its batches. docs/formats.md describes each of them. */
export const chunkHeaderBytes = 40

const magic = 0x43
const version = 1

/** Writes the header of the chunk that is `target` from `start` to `end`. Everything else of it must be written already. */
export function writeChunkHeader(
  { bytes, view }: EncodeTarget,
  start: number,
  end: number,
  before: SegmentProgress,
): void {
  view.setUint8(start + 4, magic)
  view.setUint8(start + 5, version)
  view.setUint16(start + 6, 0)
  writeSafeInteger(view, start + 8, before.baseOffset)
  writeSafeInteger(view, start + 16, before.bytes)
  writeSafeInteger(view, start + 24, before.firstTimestampMs)
  writeSafeInteger(view, start + 32, before.maxTimestampMs)
  view.setUint32(start, crc32c(bytes.subarray(start + 4, end)))
}

/** A chunk's batches, and its place in its segment. */
export interface DecodedChunk extends DecodedBatches {
  /** The segment as it was before the chunk. */
  readonly before: SegmentProgress
}

/**
 * Verifies and decodes a chunk. Its checksum covers every byte of every batch, so those of the batches are compared
 * with each other (the chain) but not computed again: that would double the cost of a read and find nothing more.
 *
 * @throws LOG_CORRUPT
 */
export function decodeChunk(value: Uint8Array, expected: BatchExpectation = {}): DecodedChunk {
  const offset = expected.baseOffset
  if (value.byteLength <= chunkHeaderBytes) throw corrupt('is cut short', offset)
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  if (view.getUint32(0) !== crc32c(value.subarray(4))) throw corrupt('does not have its checksum', offset)
  if (view.getUint8(4) !== magic) throw corrupt('is not a chunk', offset)
  if (view.getUint8(5) !== version) throw corrupt(`has the unknown version ${view.getUint8(5)}`, offset)
  const before = {
    baseOffset: readSafeInteger(view, 8),
    bytes: readSafeInteger(view, 16),
    firstTimestampMs: readSafeInteger(view, 24),
    maxTimestampMs: readSafeInteger(view, 32),
  }
  const { batches, checksum } = decodeBatchBytes(value.subarray(chunkHeaderBytes), {
    ...expected,
    trusted: true,
  })
  return { before, batches, checksum }
}

function corrupt(what: string, offset: number | undefined): LogError {
  return new LogError('LOG_CORRUPT', `the chunk at offset ${offset} ${what}`, { offset })
}
