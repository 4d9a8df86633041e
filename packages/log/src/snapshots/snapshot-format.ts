import { crc32c } from '../checksum.ts'
import { LogError } from '../errors.ts'
import type { NewSnapshot, SnapshotInfo } from './snapshots.ts'

/** Bytes of the body that share a checksum. docs/formats.md describes the file. */
export const blockBytes = 64 * 1024
/** Bytes before the body. */
export const headerBytes = 32
/** Bytes at the end of the file, behind the checksums of the blocks. */
export const footerBytes = 20

const version = 1
const headerMagic = 'QSNP'
const footerMagic = 'QEND'
const two32 = 2 ** 32

/** What stands behind the body: what the body must be. */
export interface Trailer {
  /** Bytes of the body. */
  readonly bytes: number
  /** CRC32C over header and body. */
  readonly checksum: number
  /** CRC32C of each block of the body, in order. */
  readonly blocks: readonly number[]
}

/** Bytes of a file whose body has `bytes`. */
export function fileBytes(bytes: number): number {
  return headerBytes + bytes + trailerBytes(bytes)
}

/** Bytes behind a body of `bytes`. */
export function trailerBytes(bytes: number): number {
  return 4 * Math.ceil(bytes / blockBytes) + footerBytes
}

export function encodeHeader({ endOffset, epoch, timestampMs }: NewSnapshot): Uint8Array {
  const header = Buffer.alloc(headerBytes)
  header[4] = version
  header.write(headerMagic, 8)
  header.writeUInt32BE(epoch, 12)
  writeSafeInteger(header, endOffset, 16)
  writeSafeInteger(header, timestampMs, 24)
  header.writeUInt32BE(crc32c(header.subarray(4)), 0)
  return header
}

/** @throws LOG_SNAPSHOT_CORRUPT */
export function decodeHeader(name: string, stored: Uint8Array): NewSnapshot {
  const header = viewOf(stored)
  const whole = header.length === headerBytes && header.readUInt32BE(0) === crc32c(header.subarray(4))
  if (!whole || header.toString('latin1', 8, 12) !== headerMagic)
    throw corruptSnapshot(name, 'its header is damaged')
  if (header[4] !== version) throw corruptSnapshot(name, `it has the unknown format version ${header[4]}`)
  return {
    endOffset: readSafeInteger(header, 16),
    epoch: header.readUInt32BE(12),
    timestampMs: readSafeInteger(header, 24),
  }
}

export function encodeTrailer({ bytes, checksum, blocks }: Trailer): Uint8Array {
  const trailer = Buffer.alloc(4 * blocks.length + footerBytes)
  for (const [index, block] of blocks.entries()) trailer.writeUInt32BE(block, 4 * index)
  const footer = trailer.subarray(4 * blocks.length)
  writeSafeInteger(footer, bytes, 0)
  footer.writeUInt32BE(checksum, 8)
  footer.write(footerMagic, 12)
  footer.writeUInt32BE(crc32c(trailer.subarray(0, -4)), 16)
  return trailer
}

/** The length of the body as the footer, the last bytes of a file, has it. Believe it once the trailer was decoded. */
export function bodyBytesIn(footer: Uint8Array): number {
  return readSafeInteger(viewOf(footer), 0)
}

/** @throws LOG_SNAPSHOT_CORRUPT */
export function decodeTrailer(name: string, stored: Uint8Array): Trailer {
  const trailer = viewOf(stored)
  const footer = trailer.subarray(-footerBytes)
  const whole = footer.length === footerBytes && footer.readUInt32BE(16) === crc32c(trailer.subarray(0, -4))
  if (!whole || footer.toString('latin1', 12, 16) !== footerMagic)
    throw corruptSnapshot(name, 'its end is missing or damaged')
  const blocks = Array.from({ length: (trailer.length - footerBytes) / 4 }, (_, index) =>
    trailer.readUInt32BE(4 * index),
  )
  return { bytes: readSafeInteger(footer, 0), checksum: footer.readUInt32BE(8), blocks }
}

/** What is stored is not what was written. */
export function corruptSnapshot(
  name: string,
  what: string,
  details: Partial<Pick<SnapshotInfo, 'bytes'>> & { readonly position?: number } = {},
): LogError {
  return new LogError('LOG_SNAPSHOT_CORRUPT', `the snapshot ${name} cannot be used: ${what}`, {
    name,
    ...details,
  })
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function writeSafeInteger(target: Buffer, value: number, position: number): void {
  target.writeUInt32BE(Math.floor(value / two32), position)
  target.writeUInt32BE(value % two32, position + 4)
}

function readSafeInteger(source: Buffer, position: number): number {
  return source.readUInt32BE(position) * two32 + source.readUInt32BE(position + 4)
}
