import { crc32c } from './checksum.ts'
import { LogError } from './errors.ts'
import type { HardState } from './raft-log.ts'

const version = 1
const headerBytes = 16
const maxDirectoryIdBytes = 255
const maxUint32 = 0xffff_ffff

/**
 * Makes sure that `hardState` fits its format.
 *
 * @throws LOG_HARD_STATE_INVALID
 */
export function checkHardState({ epoch, vote }: HardState): void {
  if (!isUint32(epoch)) throw invalid(`epoch must be an integer from 0 to 2^32-1, not ${epoch}`)
  if (vote === undefined) return
  if (!isUint32(vote.id)) throw invalid(`vote.id must be an integer from 0 to 2^32-1, not ${vote.id}`)
  if (Buffer.byteLength(vote.directoryId) > maxDirectoryIdBytes)
    throw invalid(`vote.directoryId is longer than ${maxDirectoryIdBytes} bytes`)
}

/** Encodes a checked hard state in the format of docs/formats.md. */
export function encodeHardState({ epoch, vote }: HardState): Uint8Array {
  const directoryId = Buffer.from(vote?.directoryId ?? '')
  const bytes = Buffer.alloc(headerBytes + directoryId.length)
  bytes[4] = version
  bytes[5] = vote === undefined ? 0 : 1
  bytes.writeUInt16BE(directoryId.length, 6)
  bytes.writeUInt32BE(epoch, 8)
  bytes.writeUInt32BE(vote?.id ?? 0, 12)
  bytes.set(directoryId, headerBytes)
  bytes.writeUInt32BE(crc32c(bytes.subarray(4)), 0)
  return bytes
}

/** Decodes a stored hard state. @throws LOG_CORRUPT */
export function decodeHardState(stored: Uint8Array): HardState {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  if (bytes.length < headerBytes) throw corrupt('is cut short')
  if (bytes.readUInt32BE(0) !== crc32c(bytes.subarray(4))) throw corrupt('does not have its checksum')
  if (bytes[4] !== version) throw corrupt(`has the unknown version ${bytes[4]}`)
  const directoryIdBytes = bytes.readUInt16BE(6)
  if (bytes.length !== headerBytes + directoryIdBytes) throw corrupt('has a length that is not its own')
  const epoch = bytes.readUInt32BE(8)
  if (bytes[5] === 0) return { epoch }
  return { epoch, vote: { id: bytes.readUInt32BE(12), directoryId: bytes.toString('utf8', headerBytes) } }
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= maxUint32
}

function invalid(what: string): LogError {
  return new LogError('LOG_HARD_STATE_INVALID', `hard state: ${what}`)
}

function corrupt(what: string): LogError {
  return new LogError('LOG_CORRUPT', `the stored hard state ${what}`, { record: 'hard state' })
}
