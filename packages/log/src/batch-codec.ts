import type { Batch, Offset } from './batch.ts'
import { crc32c } from './checksum.ts'
import { LogError } from './errors.ts'
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts'

/** Bytes that the envelope of every batch adds to its payload. docs/formats.md describes each of them. */
export const batchHeaderBytes = 40

const magic = 0x51
const version = 1

// Positions of the fields, big-endian. The checksum covers everything behind itself.
const at = {
  checksum: 0,
  magic: 4,
  version: 5,
  attributes: 6,
  previousChecksum: 8,
  count: 12,
  baseOffset: 16,
  timestampMs: 24,
  epoch: 32,
  payloadBytes: 36,
} as const

/** Bytes that `batches` take when encoded. */
export function encodedBytes(batches: readonly { readonly payload: Uint8Array }[]): number {
  let bytes = 0
  for (const batch of batches) bytes += batchHeaderBytes + batch.payload.byteLength
  return bytes
}

/**
 * Writes `batch` to `target` at `position`, which must have room for it.
 *
 * The fields are trusted to be in range: `checkBatch` is what makes sure.
 *
 * @returns the checksum of the batch: the `previousChecksum` of the one that follows it
 */
export function writeBatch(
  target: EncodeTarget,
  position: number,
  batch: Batch,
  previousChecksum: number,
): number {
  const { bytes, view } = target
  const { payload } = batch
  view.setUint8(position + at.magic, magic)
  view.setUint8(position + at.version, version)
  view.setUint16(position + at.attributes, batch.attributes)
  view.setUint32(position + at.previousChecksum, previousChecksum)
  view.setUint32(position + at.count, batch.count)
  writeSafeInteger(view, position + at.baseOffset, batch.baseOffset)
  writeSafeInteger(view, position + at.timestampMs, batch.timestampMs)
  view.setUint32(position + at.epoch, batch.epoch)
  view.setUint32(position + at.payloadBytes, payload.byteLength)
  bytes.set(payload, position + batchHeaderBytes)
  const end = position + batchHeaderBytes + payload.byteLength
  const checksum = crc32c(bytes.subarray(position + at.magic, end))
  view.setUint32(position + at.checksum, checksum)
  return checksum
}

/** Bytes to encode to, and the same bytes as a view. */
export interface EncodeTarget {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** Room for encoded batches. Not zeroed: write all of it. */
export function encodeTarget(byteLength: number): EncodeTarget {
  return encodeTargetOf(Buffer.allocUnsafe(byteLength))
}

/** `bytes`, to be written to. */
export function encodeTargetOf(bytes: Uint8Array): EncodeTarget {
  return { bytes, view: viewOf(bytes) }
}

/** What the decoder found: the batches, and where the chain of checksums stands behind the last of them. */
export interface DecodedBatches {
  readonly batches: Batch[]
  readonly checksum: number
}

/** What must be true of the first of some batches. What is absent is taken as it is found. */
export interface BatchExpectation {
  readonly baseOffset?: Offset
  readonly previousChecksum?: number | undefined
  /** Most batches to accept. */
  readonly maxBatches?: number
  /** A checksum that covers all of the bytes was right, so that of each batch need not be computed. @default false */
  readonly trusted?: boolean
}

/**
 * Decodes `bytes`, which must be whole batches and nothing else, each the successor of the one before: the next
 * offset, no smaller epoch, and the checksum of its predecessor.
 *
 * Every length is compared with what is there before anything is allocated, and payloads are views of `bytes`.
 *
 * @throws LOG_CORRUPT with `details.offset`, the first offset that cannot be trusted, as far as it is known, and
 *   `details.position`, the byte at which the bad batch begins
 */
export function decodeBatchBytes(bytes: Uint8Array, expected: BatchExpectation = {}): DecodedBatches {
  const view = viewOf(bytes)
  const batches: Batch[] = []
  let offset = expected.baseOffset
  let chain = expected.previousChecksum
  let epoch = 0
  let position = 0
  while (position < bytes.byteLength) {
    if (batches.length === expected.maxBatches)
      throw corrupt(`more than ${expected.maxBatches} batches`, offset, position)
    const left = bytes.byteLength - position - batchHeaderBytes
    if (left < 0) throw corrupt('a batch header is cut short', offset, position)
    const payloadBytes = view.getUint32(position + at.payloadBytes)
    if (payloadBytes > left) throw corrupt('a batch is longer than what holds it', offset, position)
    const end = position + batchHeaderBytes + payloadBytes
    const checksum = view.getUint32(position + at.checksum)
    if (expected.trusted !== true && checksum !== crc32c(bytes.subarray(position + at.magic, end)))
      throw corrupt('a batch does not have its checksum', offset, position)
    if (view.getUint8(position + at.magic) !== magic) throw corrupt('not a batch', offset, position)
    const found = view.getUint8(position + at.version)
    if (found !== version) throw corrupt(`a batch of unknown version ${found}`, offset, position)

    const batch: Batch = {
      baseOffset: readSafeInteger(view, position + at.baseOffset),
      count: view.getUint32(position + at.count),
      epoch: view.getUint32(position + at.epoch),
      timestampMs: readSafeInteger(view, position + at.timestampMs),
      attributes: view.getUint16(position + at.attributes),
      payload: new Uint8Array(bytes.buffer, bytes.byteOffset + position + batchHeaderBytes, payloadBytes),
    }
    const next = batch.baseOffset + batch.count
    if (batch.count === 0 || !Number.isSafeInteger(next) || !Number.isSafeInteger(batch.timestampMs))
      throw corrupt('a batch has a field that is out of range', offset, position)
    if (offset !== undefined && batch.baseOffset !== offset)
      throw corrupt(`a batch has base offset ${batch.baseOffset} where ${offset} follows`, offset, position)
    if (chain !== undefined && view.getUint32(position + at.previousChecksum) !== chain)
      throw corrupt('a batch is not the successor of the one before it', offset, position)
    if (batch.epoch < epoch)
      throw corrupt('a batch has a smaller epoch than the one before', offset, position)

    batches.push(batch)
    offset = next
    chain = checksum
    epoch = batch.epoch
    position = end
  }
  return { batches, checksum: chain ?? 0 }
}

/** The checksum that the batch at `position` says its predecessor has. It must have been decoded before. */
export function previousChecksumAt(bytes: Uint8Array, position: number): number {
  return viewOf(bytes).getUint32(position + at.previousChecksum)
}

function corrupt(what: string, offset: Offset | undefined, position: number): LogError {
  const where = offset === undefined ? '' : ` at offset ${offset}`
  return new LogError('LOG_CORRUPT', `${what}${where} (byte ${position})`, { offset, position })
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
