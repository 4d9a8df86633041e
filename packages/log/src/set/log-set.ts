import { ChunkStore, reading } from '../chunk-store.ts'
import type { Clock } from '../clock.ts'
import { encodings } from '../database.ts'
import { LogError } from '../errors.ts'
import { encodeFormat } from '../format.ts'
import { Housekeeping } from '../housekeeping.ts'
import { Keys } from '../keys.ts'
import type { LevelLog, LogLimits } from '../level-log.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { WritableDatabase } from '../open-database.ts'
import { openOnDatabase } from '../open-on-database.ts'
import type { LogLimitOptions } from '../options.ts'
import { writeOperations } from '../raw-write.ts'
import { closedError } from '../refusals.ts'
import { eraseLog } from './erasure.ts'
import { parseLogOptions, parseName } from './options.ts'
import { deletionKey } from './set-records.ts'

/** Many logs in one database, which share its writer and so its syncs. */
export interface LogSet extends AsyncDisposable {
  /** The names of all logs, in the order of their length and then of their bytes. @throws LOG_CLOSED, LOG_IO */
  names(): Promise<string[]>

  /**
   * Makes an empty log; resolves when it is on disk. It is not open then.
   *
   * @throws LOG_EXISTS, LOG_LOCKED (it is open, or being made or deleted), LOG_CLOSED, LOG_FAILED, TypeError (no name)
   */
  create(name: string): Promise<void>

  /**
   * Opens a log and verifies its end, as `openLog` does. Closing it leaves the others as they are.
   *
   * @param options Limits of this log where they differ from those of the set.
   * @throws LOG_NOT_FOUND, LOG_LOCKED (it is open, or being made or deleted), LOG_CORRUPT, LOG_CLOSED, LOG_IO, TypeError
   */
  open(name: string, options?: LogLimitOptions): Promise<Log>

  /**
   * Deletes a log that is not open; resolves when that is on disk. Atomic: after a crash it is there, whole, or it is
   * gone. Its space is given back afterwards.
   *
   * @throws LOG_NOT_FOUND, LOG_LOCKED, LOG_CLOSED, LOG_FAILED
   */
  delete(name: string): Promise<void>

  /** Gives the space of everything that was deleted or dropped back to the disk, now. @throws LOG_CLOSED, LOG_IO */
  compact(): Promise<void>

  /** Closes every log, and the database if it is the set's own. Idempotent. */
  close(): Promise<void>
}

/** Everything a {@link LevelLogSet} is made of. */
export interface LevelLogSetParts {
  readonly own: WritableDatabase
  /** Of every log that does not say otherwise. */
  readonly limits: LogLimits
  readonly metrics?: Metrics | undefined
  readonly now: () => number
  readonly clock: Clock
  readonly housekeepingIntervalMs: number
  /** Logs whose deletion was not finished. */
  readonly deleted: readonly string[]
}

/** The logs of one abstract-level database. Made by `openLogSet`. */
export class LevelLogSet implements LogSet {
  readonly #parts: LevelLogSetParts
  readonly #logs = new Map<string, LevelLog>()
  /** Names that are open, or being opened, made or deleted. */
  readonly #claimed = new Set<string>()
  readonly #erasing = new Map<string, Promise<void>>()
  readonly #housekeeping: Housekeeping
  // What was erased since the last compaction.
  #erased: string[] = []
  #closing: Promise<void> | undefined

  constructor(parts: LevelLogSetParts) {
    this.#parts = parts
    for (const name of parts.deleted) this.#erase(name)
    this.#housekeeping = new Housekeeping({
      clock: parts.clock,
      intervalMs: parts.housekeepingIntervalMs,
      idle: () => parts.own.writer.idle,
      logs: () => [
        ...this.#logs.values(),
        {
          enforceRetention: () => Promise.resolve(),
          hasDropped: this.#erased.length > 0,
          compact: () => this.#compactErased(),
        },
      ],
    })
  }

  async names(): Promise<string[]> {
    this.#checkOpen()
    const names: string[] = []
    const keys = this.#parts.own.database.keys({
      ...encodings,
      gte: new Uint8Array(),
      lt: Uint8Array.of(0xff),
    })
    try {
      for (;;) {
        const key = await reading(() => keys.next())
        if (key === undefined) return names
        const name = Buffer.from(key.subarray(1, 1 + key[0]!)).toString()
        const { all, format } = new Keys(name)
        // The format record is a log's first entry, so what else there is belongs to a log that is being erased.
        if (Buffer.compare(key, format) === 0) names.push(name)
        keys.seek(all.lt, { keyEncoding: 'view' })
      }
    } finally {
      await keys.close()
    }
  }

  async create(name: string): Promise<void> {
    await this.#claiming(name, async () => {
      await this.#erasing.get(name)
      const keys = new Keys(name)
      if (await this.#exists(keys))
        throw new LogError('LOG_EXISTS', `there is a log named '${name}' already`, { name })
      await writeOperations(this.#parts.own.writer, [
        { type: 'put', key: keys.format, value: encodeFormat() },
      ])
    })
  }

  async open(name: string, options: LogLimitOptions = {}): Promise<Log> {
    const { own, limits: setLimits, now, metrics } = this.#parts
    const limits = parseLogOptions(setLimits, options)
    this.#claim(name)
    try {
      const release = (): Promise<void> => {
        this.#logs.delete(name)
        this.#claimed.delete(name)
        return Promise.resolve()
      }
      const log = await openOnDatabase(name, {
        ...own,
        readOnly: false,
        allowDamaged: false,
        limits,
        now,
        metrics,
        release,
      })
      this.#logs.set(name, log)
      if (this.#closing !== undefined) {
        await log.close()
        throw closedError('the log set')
      }
      return log
    } catch (error) {
      this.#claimed.delete(name)
      throw error
    }
  }

  async delete(name: string): Promise<void> {
    await this.#claiming(name, async () => {
      const keys = new Keys(name)
      if (!(await this.#exists(keys)))
        throw new LogError('LOG_NOT_FOUND', `there is no log named '${name}'`, { name })
      await writeOperations(this.#parts.own.writer, [
        { type: 'del', key: keys.format },
        { type: 'put', key: deletionKey(name), value: new Uint8Array() },
      ])
      this.#erase(name)
    })
  }

  async compact(): Promise<void> {
    this.#checkOpen()
    await Promise.all(this.#erasing.values())
    await this.#compactErased()
    for (const log of this.#logs.values()) await log.compact()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#housekeeping.stop()
    await Promise.all([...this.#logs.values()].map((log) => log.close()))
    await this.#parts.own.writer.close()
    await Promise.all(this.#erasing.values())
    await this.#parts.own.release()
  }

  #exists(keys: Keys): Promise<boolean> {
    return new ChunkStore(this.#parts.own.database, keys)
      .get(keys.format)
      .then((value) => value !== undefined)
  }

  /** What fails here has failed the database, which says so to those who write, or goes on when the set is opened again. */
  #erase(name: string): void {
    const { database, writer } = this.#parts.own
    const erasing = eraseLog(database, writer, name).then(
      () => {
        this.#erasing.delete(name)
        this.#erased.push(name)
      },
      () => {},
    )
    this.#erasing.set(name, erasing)
  }

  async #compactErased(): Promise<void> {
    const erased = this.#erased
    this.#erased = []
    for (const name of erased) {
      const { all } = new Keys(name)
      await this.#parts.own.database.compactRange?.(all.gte, all.lt, { keyEncoding: 'view' })
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closedError('the log set')
  }

  #claim(name: string): void {
    parseName(name)
    this.#checkOpen()
    if (this.#claimed.has(name))
      throw new LogError('LOG_LOCKED', `the log '${name}' is open, or being made or deleted`, { name })
    this.#claimed.add(name)
  }

  async #claiming(name: string, work: () => Promise<void>): Promise<void> {
    this.#claim(name)
    try {
      await work()
    } finally {
      this.#claimed.delete(name)
    }
  }
}
