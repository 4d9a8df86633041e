import { LogError } from './errors.ts'
import type { RecoveryReport } from './recovery/report.ts'

/** Room for requests that wait to be written or are under way. */
export class QueueRoom {
  readonly #maxQueueBytes: number
  #queuedBytes = 0

  constructor(maxQueueBytes: number) {
    this.#maxQueueBytes = maxQueueBytes
  }

  /** @throws LOG_BATCH_TOO_LARGE (it would never fit), LOG_QUEUE_FULL (it does not fit now) */
  enter(bytes: number): void {
    const [queuedBytes, maxQueueBytes] = [this.#queuedBytes, this.#maxQueueBytes]
    if (bytes > maxQueueBytes) {
      const message = `a write of ${bytes} bytes is above maxQueueBytes (${maxQueueBytes}): split it or raise the limit`
      throw new LogError('LOG_BATCH_TOO_LARGE', message, { bytes, maxQueueBytes })
    }
    if (queuedBytes + bytes > maxQueueBytes) {
      const message = `${queuedBytes} bytes wait to be written (maxQueueBytes ${maxQueueBytes}): await earlier writes`
      throw new LogError('LOG_QUEUE_FULL', message, { bytes, queuedBytes, maxQueueBytes })
    }
    this.#queuedBytes += bytes
  }

  /** Gives back what `enter` took. */
  leave(bytes: number): void {
    this.#queuedBytes -= bytes
  }
}

/** For the write that failed, for those that waited behind it, and for all that come later. */
export function failedError(cause: unknown): LogError {
  const message =
    'a write failed and the log accepts no more: reopen it to know whether what was under way survived'
  return new LogError('LOG_FAILED', message, {}, { cause })
}

/** For whatever is asked of a log, or of something else, after `close`. */
export function closedError(what = 'the log'): LogError {
  return new LogError('LOG_CLOSED', `${what} is closed`)
}

/** For writes to a log that was opened to be read, or that is damaged. */
export function readOnlyError({ state }: RecoveryReport): LogError {
  const why = state === 'damaged' ? 'it is damaged' : 'it was opened with readOnly'
  return new LogError('LOG_READ_ONLY', `the log accepts no writes: ${why}`, { state })
}

/** What the caller got wrong is refused alone; a log that cannot be read where it is to be cut is a failed log. */
export function isRefusal(error: unknown): boolean {
  return error instanceof LogError && error.code !== 'LOG_CORRUPT' && error.code !== 'LOG_IO'
}
