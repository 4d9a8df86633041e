import { crc32c } from '../checksum.ts'

const mask = 0xa282_ead8

/**
 * The checksum that LevelDB stores for `bytes`: CRC32C, rotated and shifted, so that the checksum of bytes that contain
 * checksums is still a good one.
 */
export function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes)
  return (((checksum >>> 15) | (checksum << 17)) + mask) >>> 0
}

/** Reads LevelDB's little-endian encodings from bytes that nobody has verified. Every method throws at the end. */
export class ByteReader {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get position(): number {
    return this.#position
  }

  get atEnd(): boolean {
    return this.#position >= this.#bytes.length
  }

  /** The next byte. @throws RangeError */
  byte(): number {
    const byte = this.#bytes[this.#position]
    if (byte === undefined) throw new RangeError('the bytes end too early')
    this.#position += 1
    return byte
  }

  /** A number in groups of 7 bits, least significant first. @throws RangeError at the end, or above 2^53 */
  varint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 63; scale *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte >= 0x80) continue
      if (!Number.isSafeInteger(value)) throw new RangeError('a number is above 2^53')
      return value
    }
    throw new RangeError('a number does not end')
  }

  /** The next `length` bytes, as a view. @throws RangeError */
  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#position) throw new RangeError('the bytes end too early')
    const taken = this.#bytes.subarray(this.#position, this.#position + length)
    this.#position += length
    return taken
  }

  /** Bytes behind their length, as a view. @throws RangeError */
  lengthPrefixed(): Uint8Array {
    return this.take(this.varint())
  }
}
