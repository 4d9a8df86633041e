import { readFile } from 'node:fs/promises'
import { crc32c } from '../checksum.ts'
import type { Clock } from '../clock.ts'
import { replaceFile } from '../disk/durable-file.ts'

const version = 1
const magic = 'QHWM'
const recordBytes = 24
const two32 = 2 ** 32

/** Writes the file `path` anew, durably, in the format of docs/formats.md. */
export function writeHighWater(path: string, mark: number): Promise<void> {
  const bytes = Buffer.alloc(recordBytes)
  bytes[4] = version
  bytes.write(magic, 8)
  bytes.writeUInt32BE(Math.floor(mark / two32), 16)
  bytes.writeUInt32BE(mark % two32, 20)
  bytes.writeUInt32BE(crc32c(bytes.subarray(4)), 0)
  return replaceFile(path, bytes)
}

/**
 * The mark in the file `path`: the database must hold this one or a later one. It is not Raft's high watermark.
 *
 * @returns `undefined` if the file is missing or damaged
 */
export async function readHighWater(path: string): Promise<number | undefined> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const good =
    bytes.length === recordBytes &&
    bytes.readUInt32BE(0) === crc32c(bytes.subarray(4)) &&
    bytes[4] === version &&
    bytes.toString('latin1', 8, 12) === magic
  return good ? bytes.readUInt32BE(16) * two32 + bytes.readUInt32BE(20) : undefined
}

/** Where and how often to leave marks. */
export interface HighWaterOptions {
  /** The file beside the database. */
  readonly path: string
  /** The mark that the database holds. */
  readonly mark: number
  /** Writes a mark to the database, behind all earlier writes. */
  readonly putMark: (mark: number) => Promise<void>
  /** Milliseconds between a write and the mark behind it, while the disk keeps up. */
  readonly intervalMs: number
  readonly clock: Clock
}

/**
 * Leaves marks: a number that is written to the database, and once it is durable there, to a file beside it. A database
 * whose mark is below that of the file has lost what was acknowledged before the mark. Without it, the loss of the end
 * of a write-ahead log looks like a last write that was torn.
 *
 * Marks trail the writes by at most an interval, because one for every write would double its cost. A mark that cannot
 * be recorded is tried again after the next interval; a file that is too old accuses nobody wrongly, it only notices
 * less.
 */
export class HighWater {
  readonly #options: HighWaterOptions
  #mark: number
  #unmarked = false
  #cancelTimer: (() => void) | undefined
  #marking: Promise<void> | undefined
  #closed = false

  constructor(options: HighWaterOptions) {
    this.#options = options
    this.#mark = options.mark
  }

  /** Something was written: there will be a mark behind it within the interval. */
  written(): void {
    this.#unmarked = true
    this.#schedule()
  }

  /** Leaves a mark behind the last write. After this nothing may be written. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelTimer?.()
    await this.#marking
    await this.#leaveMark()
  }

  #schedule(): void {
    if (this.#closed || this.#cancelTimer !== undefined) return
    this.#cancelTimer = this.#options.clock.setTimer(this.#options.intervalMs, () => {
      this.#marking = this.#leaveMark().then(() => {
        this.#cancelTimer = undefined
        this.#marking = undefined
        if (this.#unmarked) this.#schedule()
      })
    })
  }

  async #leaveMark(): Promise<void> {
    if (!this.#unmarked) return
    this.#unmarked = false
    try {
      const mark = this.#mark + 1
      await this.#options.putMark(mark)
      this.#mark = mark
      await writeHighWater(this.#options.path, mark)
    } catch {
      // A full disk or a failed database: the writes themselves say so.
      this.#unmarked = true
    }
  }
}
