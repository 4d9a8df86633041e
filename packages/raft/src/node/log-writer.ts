import type { Offset, RaftLog, SnapshotId } from '@quorate/log'
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
    let reported: WriteId = 0
    this.#onWritten = (id) => {
      // A reset takes a few promise jobs longer to say so than the write behind it, which has reported it too.
      if (id <= reported) return
      reported = id
      onWritten(id)
    }
    this.#onFailed = onFailed
  }

  write(write: MergedWrite): void {
    this.#waiting.push(write)
  }

  /**
   * Empties the log, after everything that waits, so that it goes on where `snapshot` ends.
   *
   * @param historyEnd - what is before it is history that the snapshot stands for too; what is behind may be another
   */
  restart(id: WriteId, snapshot: SnapshotId, historyEnd: Offset): void {
    this.flush()
    // If it fails, so does everything after it.
    this.#log.write({ truncateTo: historyEnd }).catch(() => undefined)
    this.#log.reset(snapshot.endOffset, snapshot.epoch).then(
      () => this.#onWritten(id),
      (error: unknown) => this.#onFailed(error as Error),
    )
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
