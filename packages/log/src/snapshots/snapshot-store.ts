import { z } from 'zod'
import { continueCrc32c, crc32c } from '../checksum.ts'
import { LogError } from '../errors.ts'
import { parse } from '../options.ts'
import { closedError } from '../refusals.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import { blockBytes, corruptSnapshot, encodeHeader, headerBytes } from './snapshot-format.ts'
import type { Trailer } from './snapshot-format.ts'
import { partName, snapshotName } from './snapshot-name.ts'
import { PendingSnapshot } from './snapshot-writer.ts'
import type {
  NewSnapshot,
  SnapshotId,
  SnapshotInfo,
  SnapshotReadOptions,
  Snapshots,
  SnapshotWriter,
} from './snapshots.ts'

const maxUint32 = 0xffff_ffff
const pieceBytes = 16 * blockBytes

const newSnapshotSchema = z.strictObject({
  endOffset: z.int().min(0),
  epoch: z.int().min(0).max(maxUint32),
  timestampMs: z.int().min(0),
})

const readSchema = z.strictObject({
  position: z.int().min(0).default(0),
  maxBytes: z
    .int()
    .min(1)
    .default(1024 * 1024),
})

/** A complete snapshot and what its body must be. */
export interface StoredSnapshot {
  readonly info: SnapshotInfo
  readonly trailer: Trailer
}

/** Everything a {@link SnapshotStore} is made of. */
export interface SnapshotStoreParts {
  readonly files: SnapshotFiles
  readonly maxSnapshotBytes: number
  readonly found: readonly StoredSnapshot[]
  readonly damaged: readonly string[]
  /** Lets go of the directory. */
  readonly release: () => Promise<void>
}

/** Snapshots as files, wherever those are. Made by `openSnapshots` and `openMemorySnapshots`. */
export class SnapshotStore implements Snapshots {
  readonly #parts: SnapshotStoreParts
  readonly #stored = new Map<string, StoredSnapshot>()
  readonly #pending = new Map<string, PendingSnapshot | undefined>()
  readonly #running = new Set<Promise<unknown>>()
  #damaged: readonly string[]
  #all: readonly SnapshotInfo[] | undefined
  #closing: Promise<void> | undefined

  constructor(parts: SnapshotStoreParts) {
    this.#parts = parts
    this.#damaged = parts.damaged
    for (const snapshot of parts.found) this.#stored.set(snapshotName(snapshot.info), snapshot)
  }

  get all(): readonly SnapshotInfo[] {
    this.#all ??= [...this.#stored.values()]
      .map(({ info }) => info)
      .toSorted((a, b) => a.endOffset - b.endOffset || a.epoch - b.epoch)
    return this.#all
  }

  get damaged(): readonly string[] {
    return this.#damaged
  }

  get latest(): SnapshotInfo | undefined {
    return this.all.at(-1)
  }

  async create(snapshot: NewSnapshot): Promise<SnapshotWriter> {
    const parsed = parse(newSnapshotSchema, snapshot)
    const name = snapshotName(parsed)
    if (this.#stored.has(name) || this.#pending.has(name) || this.damaged.includes(name))
      throw new LogError('LOG_SNAPSHOT_EXISTS', `there is a snapshot ${name} already, or one in the making`, {
        name,
      })
    return this.#doing(async () => {
      // The name is taken before the first wait, so that two calls at once do not share a file.
      this.#pending.set(name, undefined)
      try {
        const writer = new PendingSnapshot(parsed, await this.#target(parsed))
        this.#pending.set(name, writer)
        await writer.begin()
        return writer
      } catch (error) {
        this.#pending.delete(name)
        throw error
      }
    })
  }

  async read(id: SnapshotId, options: SnapshotReadOptions = {}): Promise<Uint8Array> {
    const { position, maxBytes } = parse(readSchema, options)
    return this.#doing(() => this.#read(this.#find(id), position, maxBytes))
  }

  async *contents(
    id: SnapshotId,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const snapshot = this.#find(id)
    let checksum = crc32c(encodeHeader(snapshot.info))
    for (let position = 0; position < snapshot.info.bytes;) {
      options.signal?.throwIfAborted()
      const from = position
      const piece = await this.#doing(() => this.#read(snapshot, from, pieceBytes))
      checksum = continueCrc32c(checksum, piece)
      position += piece.byteLength
      yield piece
    }
    if (checksum !== snapshot.info.checksum)
      throw corruptSnapshot(snapshotName(id), 'its body does not have its checksum')
  }

  async delete(id: SnapshotId): Promise<void> {
    const name = snapshotName(id)
    if (!this.#damaged.includes(name)) this.#find(id)
    await this.#doing(async () => {
      this.#forget(name)
      await this.#parts.files.remove(name)
      await this.#parts.files.syncDirectory()
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running)
    for (const writer of this.#pending.values()) await writer?.close()
    await this.#parts.release()
  }

  #find(id: SnapshotId): StoredSnapshot {
    if (this.#closing !== undefined) throw closedError('the snapshot store')
    const name = snapshotName(id)
    const found = this.#stored.get(name)
    if (found !== undefined) return found
    throw new LogError('LOG_SNAPSHOT_NOT_FOUND', `there is no snapshot ${name}`, { name })
  }

  #remember(snapshot: StoredSnapshot): void {
    this.#stored.set(snapshotName(snapshot.info), snapshot)
    this.#all = undefined
  }

  #forget(name: string): void {
    this.#stored.delete(name)
    this.#damaged = this.#damaged.filter((damaged) => damaged !== name)
    this.#all = undefined
  }

  async #target(snapshot: NewSnapshot): Promise<ConstructorParameters<typeof PendingSnapshot>[1]> {
    const { files, maxSnapshotBytes } = this.#parts
    const [name, part] = [snapshotName(snapshot), partName(snapshot)]
    return {
      file: await files.create(part),
      maxSnapshotBytes,
      publish: async (info, trailer) => {
        await files.rename(part, name)
        await files.syncDirectory()
        this.#remember({ info, trailer })
        this.#pending.delete(name)
      },
      discard: async () => {
        this.#pending.delete(name)
        await files.remove(part)
      },
    }
  }

  async #read({ info, trailer }: StoredSnapshot, position: number, maxBytes: number): Promise<Uint8Array> {
    const name = snapshotName(info)
    if (position > info.bytes)
      throw new LogError(
        'LOG_POSITION_OUT_OF_RANGE',
        `cannot read at ${position}: the body of ${name} has ${info.bytes} bytes`,
        { name, position, bytes: info.bytes },
      )
    const first = position - (position % blockBytes)
    const end = Math.min(position + maxBytes, info.bytes)
    const last = Math.min(Math.ceil(end / blockBytes) * blockBytes, info.bytes)
    const bytes = await this.#parts.files.read(name, headerBytes + first, last - first)
    if (bytes.byteLength !== last - first) throw corruptSnapshot(name, 'it is cut short', { position })
    for (let block = first; block < last; block += blockBytes) {
      const stored = bytes.subarray(block - first, block - first + blockBytes)
      if (crc32c(stored) !== trailer.blocks[block / blockBytes])
        throw corruptSnapshot(name, `a block of it is damaged at byte ${block} of the body`, {
          position: block,
        })
    }
    return bytes.subarray(position - first, end - first)
  }

  /** Does something that `close` waits for. What the file system throws becomes LOG_IO. */
  async #doing<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) throw closedError('the snapshot store')
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } catch (cause) {
      if (cause instanceof LogError) throw cause
      throw new LogError(
        'LOG_IO',
        `the snapshots cannot be read or written: ${(cause as Error).message}`,
        {},
        { cause },
      )
    } finally {
      this.#running.delete(running)
    }
  }
}
