import { ByteReader } from './coding.ts'

/** Largest block that is uncompressed. LevelDB's own are a few KiB, its index blocks a few hundred. */
const maxBytes = 64 * 1024 * 1024

/**
 * Uncompresses a block of Snappy's raw format (format_description.txt of Snappy). The bytes had a good checksum, but
 * they are not trusted for that.
 *
 * @throws RangeError
 */
export function uncompressSnappy(compressed: Uint8Array): Uint8Array {
  const reader = new ByteReader(compressed)
  const length = reader.varint()
  if (length > maxBytes) throw new RangeError(`it claims to be ${length} bytes long`)
  const target = Buffer.allocUnsafe(length)
  let position = 0
  while (!reader.atEnd) {
    const tag = reader.byte()
    if ((tag & 3) === 0) {
      const literal = reader.take(literalBytes(tag >> 2, reader))
      if (literal.length > length - position) throw new RangeError('it is longer than it claims')
      target.set(literal, position)
      position += literal.length
    } else {
      const copy = readCopy(tag, reader)
      if (copy.distance === 0 || copy.distance > position)
        throw new RangeError('it copies from before itself')
      if (copy.bytes > length - position) throw new RangeError('it is longer than it claims')
      // Byte by byte: a copy may overlap what it makes.
      for (const end = position + copy.bytes; position < end; position += 1)
        target[position] = target[position - copy.distance]!
    }
  }
  if (position !== length) throw new RangeError('it is shorter than it claims')
  return target
}

function literalBytes(code: number, reader: ByteReader): number {
  return code < 60 ? code + 1 : readLittleEndian(reader, code - 59) + 1
}

function readCopy(tag: number, reader: ByteReader): { bytes: number; distance: number } {
  if ((tag & 3) === 1) return { bytes: ((tag >> 2) & 7) + 4, distance: (tag >> 5) * 256 + reader.byte() }
  return { bytes: (tag >> 2) + 1, distance: readLittleEndian(reader, (tag & 3) === 2 ? 2 : 4) }
}

function readLittleEndian(reader: ByteReader, bytes: number): number {
  let value = 0
  for (let index = 0; index < bytes; index += 1) value += reader.byte() * 256 ** index
  return value
}
