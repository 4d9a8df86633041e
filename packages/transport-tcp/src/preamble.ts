import { TransportError } from '@quorate/transport'

/** Version of the protocol this package speaks. */
const PROTOCOL_VERSION = 1

const MAGIC = [0x51, 0x55, 0x4f, 0x52] as const // QUOR

/** The first 8 bytes each side sends: `QUOR`, the version as u16, two bytes that are 0. */
export const PREAMBLE: Uint8Array = Uint8Array.of(
  ...MAGIC,
  PROTOCOL_VERSION >>> 8,
  PROTOCOL_VERSION & 0xff,
  0,
  0,
)

/** Reads the peer's preamble, however its bytes arrive. */
export class PreambleReader {
  readonly #received = new Uint8Array(PREAMBLE.length)
  #count = 0

  /**
   * Takes the bytes it needs.
   *
   * @returns what follows the preamble in `chunk`, or `undefined` while it is not complete
   * @throws TRANSPORT_PROTOCOL at the first byte that cannot be right
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    let taken = 0
    while (taken < chunk.length && this.#count < PREAMBLE.length) {
      const byte = chunk[taken++]!
      if (this.#count < MAGIC.length && byte !== MAGIC[this.#count]) {
        throw new TransportError('TRANSPORT_PROTOCOL', 'the peer does not speak the Quorate protocol')
      }
      this.#received[this.#count++] = byte
    }
    if (this.#count < PREAMBLE.length) return undefined
    const version = this.#received[4]! * 256 + this.#received[5]!
    if (version !== PROTOCOL_VERSION) {
      throw new TransportError(
        'TRANSPORT_PROTOCOL',
        `the peer speaks version ${version} of the protocol, this side version ${PROTOCOL_VERSION}`,
      )
    }
    return chunk.subarray(taken)
  }
}
