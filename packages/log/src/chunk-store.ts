import { nextOffset } from './batch.ts'
import type { Batch, Offset } from './batch.ts'
import { decodeChunk } from './chunk-codec.ts'
import { encodings } from './database.ts'
import type { EntryIterator, LogDatabase, Operation } from './database.ts'
import { LogError } from './errors.ts'
import type { Keys, RecordKind } from './keys.ts'
import type { SegmentProgress } from './segment.ts'

// Several small chunks come at once, large ones each by itself.
const maxReadAheadBytes = 128 * 1024

/** A chunk that was read and verified: whole batches that were written together, and their stored bytes. */
export interface Chunk {
  readonly baseOffset: Offset
  readonly endOffset: Offset
  readonly batches: readonly Batch[]
  /** Checksum of the last batch. */
  readonly checksum: number
  readonly bytes: Uint8Array
  /** Its segment as it was before it. */
  readonly before: SegmentProgress
}

/** A stored value that is no chunk, unverified. */
export interface StoredRecord {
  readonly kind: RecordKind
  readonly value: Uint8Array
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

  /** Whether a chunk begins at `baseOffset`. It is not read. @throws LOG_IO, LOG_CORRUPT */
  hasChunk(baseOffset: Offset): Promise<boolean> {
    return reading(() => this.#database.has(this.#keys.chunk(baseOffset), { keyEncoding: 'view' }))
  }

  /** Everything but the chunks, in order of key. @throws LOG_IO, LOG_CORRUPT */
  async records(): Promise<StoredRecord[]> {
    const entries = await reading(() =>
      this.#database.iterator({ ...encodings, ...this.#keys.records }).all(),
    )
    return entries.map(([key, value]) => {
      const kind = this.#keys.kindOf(key)
      if (kind !== undefined) return { kind, value }
      throw new LogError('LOG_CORRUPT', `not the key of a record: ${Buffer.from(key).toString('hex')}`)
    })
  }

  /** The key of every chunk whose base offset is at least `offset`, in order. @throws LOG_IO, LOG_CORRUPT */
  chunkKeysFrom(offset: Offset): Promise<Uint8Array[]> {
    const range = { gte: this.#keys.chunk(offset), lt: this.#keys.chunks.lt, ...encodings }
    return reading(() => this.#database.keys(range).all())
  }

  /** The keys of at most `limit` chunks with base offsets from `from` to before `to`, in order. @throws LOG_IO, LOG_CORRUPT */
  chunkKeysBetween(from: Offset, to: Offset, limit: number): Promise<Uint8Array[]> {
    const range = { gte: this.#keys.chunk(from), lt: this.#keys.chunk(to), limit, ...encodings }
    return reading(() => this.#database.keys(range).all())
  }

  /** Base offset of the first chunk from `offset` on; `undefined` if there is none. @throws LOG_IO, LOG_CORRUPT */
  async firstBaseOffset(offset: Offset): Promise<Offset | undefined> {
    const range = { ...encodings, gte: this.#keys.chunk(offset), lt: this.#keys.chunks.lt, limit: 1 }
    const [key] = await reading(() => this.#database.keys(range).all())
    return key === undefined ? undefined : this.baseOffsetOf(key)
  }

  /** The last chunk and the one before it, if they begin at `from` or later; verified by themselves. @throws LOG_CORRUPT, LOG_IO */
  async lastChunks(from: Offset): Promise<{ readonly last?: Chunk; readonly before?: Chunk }> {
    const range = {
      ...encodings,
      gte: this.#keys.chunk(from),
      lt: this.#keys.chunks.lt,
      reverse: true,
      limit: 2,
    }
    const [last, before] = await reading(() => this.#database.iterator(range).all())
    return {
      ...(last === undefined ? {} : { last: this.#verify(last[0], last[1], undefined) }),
      ...(before === undefined ? {} : { before: this.#verify(before[0], before[1], undefined) }),
    }
  }

  /** Gives back the space of what was removed between `from` and `to`. @throws LOG_IO */
  async compact(from: Offset, to: Offset): Promise<void> {
    const [start, end] = [this.#keys.chunk(from), this.#keys.chunk(to)]
    await reading(async () => this.#database.compactRange?.(start, end, { keyEncoding: 'view' }))
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
   * The next one is on its way while the caller looks at one, so that disk and processor work at the same time.
   *
   * @throws LOG_CORRUPT, LOG_IO
   */
  async *chunksAfter(first: Chunk, maxBytes: number): AsyncGenerator<Chunk> {
    const range = {
      ...encodings,
      gte: this.#keys.chunk(first.endOffset),
      lt: this.#keys.chunks.lt,
      // What LevelDB reads beyond what the caller wants is read in vain.
      highWaterMarkBytes: Math.min(maxBytes, maxReadAheadBytes),
    }
    // A closed database throws at once.
    const iterator = await reading(async () => this.#database.iterator(range))
    let previous = first
    try {
      let next = readAhead(iterator)
      for (;;) {
        const entry = await next
        if (entry === undefined) return
        next = readAhead(iterator)
        previous = this.#verify(entry[0], entry[1], previous)
        yield previous
      }
    } finally {
      await iterator.close()
    }
  }

  #verify(key: Uint8Array, bytes: Uint8Array, previous: Chunk | undefined): Chunk {
    const baseOffset = this.baseOffsetOf(key)
    if (previous !== undefined && previous.endOffset !== baseOffset)
      throw hole(previous.endOffset, baseOffset)
    const chain = baseOffset === 0 ? 0 : previous?.checksum
    const expected = chain === undefined ? { baseOffset } : { baseOffset, previousChecksum: chain }
    const { batches, checksum, before } = decodeChunk(bytes, expected)
    const last = batches.at(-1)
    if (last === undefined)
      throw new LogError('LOG_CORRUPT', `the chunk at offset ${baseOffset} is empty`, { offset: baseOffset })
    return { baseOffset, endOffset: nextOffset(last), batches, checksum, bytes, before }
  }

  /** The base offset in the key of a chunk. @throws LOG_CORRUPT */
  baseOffsetOf(key: Uint8Array): Offset {
    const offset = this.#keys.baseOffsetOf(key)
    if (offset !== undefined) return offset
    throw new LogError('LOG_CORRUPT', `not the key of a chunk: ${Buffer.from(key).toString('hex')}`)
  }
}

function readAhead(iterator: EntryIterator): Promise<[Uint8Array, Uint8Array] | undefined> {
  const next = reading(() => iterator.next())
  // A caller that has enough does not wait for it.
  next.catch(() => {})
  return next
}

/** Batches that must be there are not. */
export function hole(offset: Offset, found: Offset | undefined): LogError {
  const until = found === undefined ? '' : ` up to ${found}`
  return new LogError('LOG_CORRUPT', `offsets from ${offset}${until} are missing`, { offset })
}

/** Performs a read, and names what the database throws. LevelDB says `LEVEL_CORRUPTION` for damage that it notices itself. */
export async function reading<Result>(read: () => Promise<Result>): Promise<Result> {
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
