import type { RaftLog } from '@quorate/log'
import type { WriteId } from '../core/events.ts'
import { type MergedWrite, mergeWrites } from './write-merger.ts'

/** Gives the core's writes to the log, in order, those of one turn of the event loop together. */
export class LogWriter {
  readonly #log: RaftLog
  readonly #onWritten: (id: WriteId) => void
  readonly #onFailed: (error: Error) => void
  #waiting: MergedWrite[] = []
  #closed = false

  /**
   * @param onWritten - called when a write and all before it are durable
   * @param onFailed - called when a write failed: the log takes no more
   */
  constructor(log: RaftLog, onWritten: (id: WriteId) => void, onFailed: (error: Error) => void) {
    this.#log = log
    this.#onWritten = onWritten
    this.#onFailed = onFailed
  }

  write(write: MergedWrite): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush())
    this.#waiting.push(write)
  }

  /** What was not given to the log yet never will be. */
  close(): void {
    this.#closed = true
    this.#waiting = []
  }

  #flush(): void {
    const writes = mergeWrites(this.#waiting)
    this.#waiting = []
    if (this.#closed) return
    for (const { id, write } of writes) {
      this.#log.write(write).then(
        () => this.#onWritten(id),
        (error: unknown) => this.#onFailed(error as Error),
      )
    }
  }
}
