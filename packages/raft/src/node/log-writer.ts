import type { RaftLog } from '@quorate/log'
import type { WriteId } from '../core/events.ts'
import { type MergedWrite, mergeWrites } from './write-merger.ts'

/** Gives the core's writes to the log, in order, those that came since the last `flush` together. */
export class LogWriter {
  readonly #log: RaftLog
  readonly #onWritten: (id: WriteId) => void
  readonly #onFailed: (error: Error) => void
  #waiting: MergedWrite[] = []

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
    this.#waiting.push(write)
  }

  /** Gives what waits to the log. */
  flush(): void {
    if (this.#waiting.length === 0) return
    const writes = mergeWrites(this.#waiting)
    this.#waiting = []
    for (const { id, write } of writes) {
      this.#log.write(write).then(
        () => this.#onWritten(id),
        (error: unknown) => this.#onFailed(error as Error),
      )
    }
  }
}
