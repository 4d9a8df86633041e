import { crc32c } from '../checksum.ts'
import { encodings } from '../database.ts'
import type { LogDatabase, Operation } from '../database.ts'
import { LogError } from '../errors.ts'

const version = 1
const recordBytes = 16
const two32 = 2 ** 32

/** Where a database of the log's own keeps its mark. No log has this key: names are too short for its first byte. */
const markKey: Uint8Array = Uint8Array.of(0xff, 0x00)

/** The operation that sets the mark, in the format of docs/formats.md. */
export function markOperation(mark: number): Operation {
  const bytes = Buffer.alloc(recordBytes)
  bytes[4] = version
  bytes.writeUInt32BE(Math.floor(mark / two32), 8)
  bytes.writeUInt32BE(mark % two32, 12)
  bytes.writeUInt32BE(crc32c(bytes.subarray(4)), 0)
  return { type: 'put', key: markKey, value: bytes }
}

/**
 * The mark that `database` holds, 0 if it holds none.
 *
 * @throws LOG_CORRUPT, or what the database throws
 */
export async function readMark(database: LogDatabase): Promise<number> {
  // An iterator, because LevelDB's `get` first asks a filter, which may be damaged.
  const [value] = await database.values({ ...encodings, gte: markKey, lte: markKey }).all()
  if (value === undefined) return 0
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const good =
    bytes.length === recordBytes &&
    bytes.readUInt32BE(0) === crc32c(bytes.subarray(4)) &&
    bytes[4] === version
  if (!good)
    throw new LogError('LOG_CORRUPT', 'the high-water mark is damaged or of an unknown version', {
      record: 'mark',
    })
  return bytes.readUInt32BE(8) * two32 + bytes.readUInt32BE(12)
}
