import type { Epoch, Offset } from './batch.ts'

// The third part of a key, behind the length of the log's name and the name itself. docs/formats.md.
// Chunks come last: everything else is one range, which opening a log reads at once.
const kind = { format: 0x00, hardState: 0x01, start: 0x02, epoch: 0x03, segment: 0x04, chunk: 0x05 } as const

/** What an entry that is no chunk can be. */
export type RecordKind = 'format' | 'hardState' | 'start' | 'epoch' | 'segment'

const recordKinds: readonly (RecordKind | undefined)[] = ['format', 'hardState', 'start', 'epoch', 'segment']

/** A range as abstract-level takes it. */
export interface KeyBounds {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

const two32 = 2 ** 32
const maxOffset = Number.MAX_SAFE_INTEGER

/** The keys of one log in a database that may hold several. */
export class Keys {
  readonly format: Uint8Array
  readonly hardState: Uint8Array
  readonly start: Uint8Array
  /** Ranges as abstract-level takes them: every chunk, everything but the chunks, everything. */
  readonly chunks: KeyBounds
  readonly records: KeyBounds
  readonly all: KeyBounds
  readonly #name: Buffer

  constructor(name: string) {
    // The length comes first, so that no name's range lies inside that of another.
    const bytes = Buffer.from(name)
    this.#name = Buffer.concat([Buffer.of(bytes.length), bytes])
    this.format = this.#key(kind.format, 0)
    this.hardState = this.#key(kind.hardState, 0)
    this.start = this.#key(kind.start, 0)
    this.chunks = { gte: this.#key(kind.chunk, 0), lt: this.#key(kind.chunk + 1, 0) }
    this.records = { gte: this.format, lt: this.chunks.gte }
    this.all = { gte: this.format, lt: this.chunks.lt }
  }

  /** What the entry under `key`, one of {@link records}, is. */
  kindOf(key: Uint8Array): RecordKind | undefined {
    return recordKinds[key[this.#name.length] ?? kind.chunk]
  }

  /** Where the epoch index has the start of `epoch`. */
  epoch(epoch: Epoch): Uint8Array {
    const key = this.#key(kind.epoch, 4)
    key.writeUInt32BE(epoch, key.length - 4)
    return key
  }

  /** Where the record of the sealed segment is that begins at `baseOffset`. */
  segment(baseOffset: Offset): Uint8Array {
    return this.#offsetKey(kind.segment, baseOffset)
  }

  /** Where the chunk is whose first batch has `baseOffset`. */
  chunk(baseOffset: Offset): Uint8Array {
    return this.#offsetKey(kind.chunk, baseOffset)
  }

  /** The base offset in the key of a chunk; `undefined` if it has none that can be. */
  baseOffsetOf(chunkKey: Uint8Array): Offset | undefined {
    const key = Buffer.from(chunkKey.buffer, chunkKey.byteOffset, chunkKey.byteLength)
    if (key.length !== this.#name.length + 9) return undefined
    const offset = key.readUInt32BE(key.length - 8) * two32 + key.readUInt32BE(key.length - 4)
    return offset <= maxOffset ? offset : undefined
  }

  #offsetKey(keyKind: number, offset: Offset): Uint8Array {
    const key = this.#key(keyKind, 8)
    key.writeUInt32BE(Math.floor(offset / two32), key.length - 8)
    key.writeUInt32BE(offset % two32, key.length - 4)
    return key
  }

  #key(keyKind: number, moreBytes: number): Buffer {
    // From the pool, and all of it is written: one of these is made for every append.
    const key = Buffer.allocUnsafe(this.#name.length + 1 + moreBytes)
    key.set(this.#name)
    key[this.#name.length] = keyKind
    return key
  }
}
