import type { Epoch, Offset } from './batch.ts'

// The third part of a key, behind the length of the log's name and the name itself. docs/formats.md.
const kind = { format: 0x00, hardState: 0x01, epoch: 0x02, chunk: 0x03 } as const

const two32 = 2 ** 32
const maxOffset = Number.MAX_SAFE_INTEGER

/** The keys of one log in a database that may hold several. */
export class Keys {
  readonly format: Uint8Array
  readonly hardState: Uint8Array
  /** Ranges as abstract-level takes them: every entry of the epoch index, every chunk. */
  readonly epochs: { readonly gte: Uint8Array; readonly lt: Uint8Array }
  readonly chunks: { readonly gte: Uint8Array; readonly lt: Uint8Array }
  readonly #name: Buffer

  constructor(name: string) {
    // The length comes first, so that no name's range lies inside that of another.
    const bytes = Buffer.from(name)
    this.#name = Buffer.concat([Buffer.of(bytes.length), bytes])
    this.format = this.#key(kind.format, 0)
    this.hardState = this.#key(kind.hardState, 0)
    this.epochs = { gte: this.#key(kind.epoch, 0), lt: this.#key(kind.epoch + 1, 0) }
    this.chunks = { gte: this.#key(kind.chunk, 0), lt: this.#key(kind.chunk + 1, 0) }
  }

  /** Where the epoch index has the start of `epoch`. */
  epoch(epoch: Epoch): Uint8Array {
    const key = this.#key(kind.epoch, 4)
    key.writeUInt32BE(epoch, key.length - 4)
    return key
  }

  /** Where the chunk is whose first batch has `baseOffset`. */
  chunk(baseOffset: Offset): Uint8Array {
    const key = this.#key(kind.chunk, 8)
    key.writeUInt32BE(Math.floor(baseOffset / two32), key.length - 8)
    key.writeUInt32BE(baseOffset % two32, key.length - 4)
    return key
  }

  /** The base offset in the key of a chunk; `undefined` if it has none that can be. */
  baseOffsetOf(chunkKey: Uint8Array): Offset | undefined {
    const key = Buffer.from(chunkKey.buffer, chunkKey.byteOffset, chunkKey.byteLength)
    if (key.length !== this.#name.length + 9) return undefined
    const offset = key.readUInt32BE(key.length - 8) * two32 + key.readUInt32BE(key.length - 4)
    return offset <= maxOffset ? offset : undefined
  }

  #key(keyKind: number, moreBytes: number): Buffer {
    const key = Buffer.alloc(this.#name.length + 1 + moreBytes)
    key.set(this.#name)
    key[this.#name.length] = keyKind
    return key
  }
}
