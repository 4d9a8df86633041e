import { decodeChunk } from './batch-codec.ts'
import { nextOffset } from './batch.ts'
import type { Batch, Offset } from './batch.ts'
import { encodings } from './database.ts'
import type { LogDatabase, Operation } from './database.ts'
import { LogError } from './errors.ts'
import type { Keys } from './keys.ts'

/** A chunk that was read and verified: whole batches that were written together, and their stored bytes. */
export interface Chunk {
  readonly baseOffset: Offset
  readonly endOffset: Offset
  readonly batches: readonly Batch[]
  /** Checksum of the last batch. */
  readonly checksum: number
  readonly bytes: Uint8Array
}

/** What one log keeps in its database: reading and verifying chunks, and the one way to write. */
export class ChunkStore {
  readonly #database: LogDatabase
  readonly #keys: Keys

  constructor(database: LogDatabase, keys: Keys) {
    this.#database = database
    this.#keys = keys
  }

  /** Waits until the database is open. @throws LOG_IO */
  async ready(): Promise<void> {
    try {
      await this.#database.open({ passive: true })
    } catch (cause) {
      throw new LogError('LOG_IO', 'the database is not open', {}, { cause })
    }
  }

  /** Performs all of `operations` or none, and resolves when they are on disk. */
  write(operations: readonly Operation[]): Promise<void> {
    return this.#database.batch([...operations], { ...encodings, sync: true })
  }

  /** The value under `key`, unverified. @throws LOG_IO, LOG_CORRUPT */
  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return reading(() => this.#database.get(key, encodings))
  }

  /** Every value of the epoch index, in order of epoch, unverified. @throws LOG_IO, LOG_CORRUPT */
  epochValues(): Promise<Uint8Array[]> {
    return reading(() => this.#database.values({ ...encodings, ...this.#keys.epochs }).all())
  }

  /** The key of every chunk whose base offset is at least `offset`, in order. @throws LOG_IO, LOG_CORRUPT */
  chunkKeysFrom(offset: Offset): Promise<Uint8Array[]> {
    const range = { gte: this.#keys.chunk(offset), lt: this.#keys.chunks.lt, ...encodings }
    return reading(() => this.#database.keys(range).all())
  }

  /** Base offset of the first chunk; `undefined` if there is none. @throws LOG_IO, LOG_CORRUPT */
  async firstBaseOffset(): Promise<Offset | undefined> {
    const range = { ...this.#keys.chunks, ...encodings, limit: 1 }
    const [key] = await reading(() => this.#database.keys(range).all())
    return key === undefined ? undefined : this.#baseOffset(key)
  }

  /** The last chunk that begins at or before `offset`, verified; `undefined` if there is none. @throws LOG_CORRUPT, LOG_IO */
  async chunkAt(offset: Offset): Promise<Chunk | undefined> {
    const range = {
      ...encodings,
      gte: this.#keys.chunks.gte,
      lte: this.#keys.chunk(offset),
      reverse: true,
      limit: 1,
    }
    const [entry] = await reading(() => this.#database.iterator(range).all())
    return entry === undefined ? undefined : this.#verify(entry[0], entry[1], undefined)
  }

  /**
   * The chunks from `first.endOffset` on, verified, each against the one before it. The first must be one that was read.
   *
   * @throws LOG_CORRUPT, LOG_IO
   */
  async *chunksAfter(first: Chunk, highWaterMarkBytes: number): AsyncGenerator<Chunk> {
    // LevelDB reads ahead: no further than the caller wants.
    const range = {
      ...encodings,
      gte: this.#keys.chunk(first.endOffset),
      lt: this.#keys.chunks.lt,
      highWaterMarkBytes,
    }
    const iterator = this.#database.iterator(range)
    let previous = first
    try {
      for (;;) {
        const entry = await reading(() => iterator.next())
        if (entry === undefined) return
        previous = this.#verify(entry[0], entry[1], previous)
        yield previous
      }
    } finally {
      await iterator.close()
    }
  }

  #verify(key: Uint8Array, bytes: Uint8Array, previous: Chunk | undefined): Chunk {
    const baseOffset = this.#baseOffset(key)
    if (previous !== undefined && previous.endOffset !== baseOffset)
      throw hole(previous.endOffset, baseOffset)
    const chain = baseOffset === 0 ? 0 : previous?.checksum
    const expected = chain === undefined ? { baseOffset } : { baseOffset, previousChecksum: chain }
    const { batches, checksum } = decodeChunk(bytes, expected)
    const last = batches.at(-1)
    if (last === undefined)
      throw new LogError('LOG_CORRUPT', `the chunk at offset ${baseOffset} is empty`, { offset: baseOffset })
    return { baseOffset, endOffset: nextOffset(last), batches, checksum, bytes }
  }

  #baseOffset(key: Uint8Array): Offset {
    const offset = this.#keys.baseOffsetOf(key)
    if (offset !== undefined) return offset
    throw new LogError('LOG_CORRUPT', `not the key of a chunk: ${Buffer.from(key).toString('hex')}`)
  }
}

/** Batches that must be there are not. */
export function hole(offset: Offset, found: Offset | undefined): LogError {
  const until = found === undefined ? '' : ` up to ${found}`
  return new LogError('LOG_CORRUPT', `offsets from ${offset}${until} are missing`, { offset })
}

/** Names what a database throws while reading. LevelDB says `LEVEL_CORRUPTION` for damage that it notices itself. */
async function reading<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (code === 'LEVEL_CORRUPTION')
      throw new LogError('LOG_CORRUPT', 'the database found damage while reading', {}, { cause })
    if (code === 'LEVEL_DATABASE_NOT_OPEN' || code === 'LEVEL_ITERATOR_NOT_OPEN')
      throw new LogError('LOG_CLOSED', 'the log was closed while reading', {}, { cause })
    throw new LogError('LOG_IO', 'the database could not be read', {}, { cause })
  }
}
