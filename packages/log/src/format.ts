import { crc32c } from './checksum.ts'
import { LogError } from './errors.ts'

/** Version of the layout in the database: keys, chunks, epoch index, hard state. */
const version = 1
const magic = 'QLOG'
const recordBytes = 16

/** The record that says "here is a log", in the format of docs/formats.md. */
export function encodeFormat(): Uint8Array {
  const bytes = Buffer.alloc(recordBytes)
  bytes[4] = version
  bytes.write(magic, 8)
  bytes.writeUInt32BE(crc32c(bytes.subarray(4)), 0)
  return bytes
}

/** Makes sure that the log is one that this release can read. @throws LOG_CORRUPT */
export function checkFormat(stored: Uint8Array): void {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  if (
    bytes.length !== recordBytes ||
    bytes.toString('latin1', 8, 12) !== magic ||
    bytes.readUInt32BE(0) !== crc32c(bytes.subarray(4))
  )
    throw new LogError('LOG_CORRUPT', 'the format record is damaged', { record: 'format' })
  if (bytes[4] !== version)
    throw new LogError('LOG_CORRUPT', `the log has the unknown format version ${bytes[4]}`, {
      record: 'format',
      version: bytes[4],
    })
}
