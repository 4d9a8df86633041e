import { statfs } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { LogError } from '../errors.ts'

/** How much room there is, as a port. */
export interface DiskSpace {
  /** Bytes that this process may still write to the disk. */
  freeBytes(): Promise<number>
}

/** The room on the file system that holds `path`, less what only root may use. */
export function diskSpaceOf(path: string): DiskSpace {
  return {
    async freeBytes() {
      const { bavail, bsize } = await statfs(path)
      return bavail * bsize
    },
  }
}

/** Decides whether there is room for what is to be written. */
export interface Admission {
  /** Takes note of `bytes` of batches that are about to be written. @throws LOG_DISK_FULL */
  admit(bytes: number): void
}

// A batch is in the write-ahead log first, and in a table too before the write-ahead log goes.
const storedTimes = 2
const checkIntervalMs = 1_000

/** What a gauge keeps free, and what it asks. */
interface DiskGaugeOptions {
  readonly space: DiskSpace
  readonly minFreeBytes: number
  readonly clock: Clock
}

/**
 * Refuses batches while the disk has less than `minFreeBytes` left, so that LevelDB never meets a full disk by the log's
 * own doing, and a vote can still be written.
 *
 * Asking costs a system call, so it happens at most once at a time, and only when a second has passed or half of the
 * room that was left has been given away. In between what is given away is counted. Others fill the same disk
 * meanwhile: `minFreeBytes` must cover what they write in a second.
 */
class DiskGauge implements Admission {
  readonly #options: DiskGaugeOptions
  #roomBytes = Infinity
  #givenBytes = 0
  #checkedAtMs = -Infinity
  #checking: Promise<void> | undefined

  constructor(options: DiskGaugeOptions) {
    this.#options = options
  }

  admit(bytes: number): void {
    const taken = bytes * storedTimes
    const refused = this.#givenBytes + taken > this.#roomBytes
    if (!refused) this.#givenBytes += taken
    const dueAtMs = this.#checkedAtMs + checkIntervalMs
    if (refused || this.#givenBytes > this.#roomBytes / 2 || this.#options.clock.now() >= dueAtMs)
      void this.check()
    if (refused) throw this.#full(bytes)
  }

  /** Asks now how much room there is. */
  check(): Promise<void> {
    this.#checking ??= this.#check()
    return this.#checking
  }

  async #check(): Promise<void> {
    const givenBefore = this.#givenBytes
    try {
      const free = await this.#options.space.freeBytes()
      this.#roomBytes = Math.max(0, free - this.#options.minFreeBytes)
      // What was given away while the question was out may or may not be in the answer.
      this.#givenBytes -= givenBefore
    } catch {
      // Unknown is not full. A write that finds the disk full fails the log, as ever.
      this.#roomBytes = Infinity
    }
    this.#checkedAtMs = this.#options.clock.now()
    this.#checking = undefined
  }

  #full(bytes: number): LogError {
    const { minFreeBytes } = this.#options
    return new LogError(
      'LOG_DISK_FULL',
      `the disk has no room for ${bytes} bytes of batches beside the ${minFreeBytes} that are kept free ` +
        '(minFreeBytes): free some space, or delete what is no longer needed',
      { bytes, minFreeBytes, roomBytes: this.#roomBytes - this.#givenBytes },
    )
  }
}

/** A gauge that knows how much room there is; `undefined` where nobody can say or nothing is to be kept free. */
export async function diskGauge(
  space: DiskSpace | undefined,
  minFreeBytes: number,
  clock: Clock,
): Promise<DiskGauge | undefined> {
  if (space === undefined || minFreeBytes === 0) return undefined
  const gauge = new DiskGauge({ space, minFreeBytes, clock })
  await gauge.check()
  return gauge
}
