import { closedError, failedError, QueueRoom } from './refusals.ts'
import type { WriteRequest, WriteResult } from './request.ts'

/** How much may wait, and how much of it one write may carry. */
export interface CommitLimits {
  /** A write takes no more requests once it carries this much. A single larger request still goes, by itself. */
  readonly maxWriteBytes: number
  readonly maxWriteBatches: number
  /** Bytes that may wait or be under way. */
  readonly maxQueueBytes: number
}

/** A request and whom to tell what became of it, once. */
export interface Entry {
  readonly request: WriteRequest
  readonly resolve: (result: WriteResult) => void
  readonly reject: (reason: unknown) => void
  /** Takes the request back as long as it waits. */
  readonly signal?: AbortSignal | undefined
}

interface Waiting {
  readonly entry: Entry
  /** Stops listening to the caller's signal: the write begins. */
  readonly unlisten: (() => void) | undefined
}

/**
 * Performs one write. It rejects the entries that it refuses, and returns a function that resolves the others. When the
 * storage failed it rejects itself, and the queue settles what is left.
 */
export type PerformCommit = (entries: readonly Entry[]) => Promise<() => void>

/**
 * The one writer of a log: one write at a time, and what arrives meanwhile rides in the next (group commit).
 *
 * Requests keep their order. The first failure is final: it and everything that waits rejects with LOG_FAILED, and so
 * does everything after, because a LevelDB handle that failed once may acknowledge what it then loses.
 */
export class CommitQueue {
  readonly #limits: CommitLimits
  readonly #perform: PerformCommit
  readonly #room: QueueRoom
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #closed = false
  #failure: Error | undefined

  constructor(limits: CommitLimits, perform: PerformCommit) {
    this.#limits = limits
    this.#perform = perform
    this.#room = new QueueRoom(limits.maxQueueBytes)
  }

  /** Queues `entry`. @throws LOG_FAILED, LOG_CLOSED, LOG_QUEUE_FULL, LOG_BATCH_TOO_LARGE, or the signal's reason */
  submit(entry: Entry): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw closedError()
    entry.signal?.throwIfAborted()
    this.#room.enter(entry.request.bytes)
    const unlisten = entry.signal === undefined ? undefined : this.#takeBackOnAbort(entry, entry.signal)
    this.#waiting.push({ entry, unlisten })
    this.#running ??= this.#run()
  }

  /** Refuses what comes from now on, and waits until what came before is settled. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  #takeBackOnAbort(entry: Entry, signal: AbortSignal): () => void {
    const takeBack = (): void => {
      this.#waiting = this.#waiting.filter((waiting) => waiting.entry !== entry)
      this.#room.leave(entry.request.bytes)
      entry.reject(signal.reason)
    }
    signal.addEventListener('abort', takeBack, { once: true })
    return () => signal.removeEventListener('abort', takeBack)
  }

  async #run(): Promise<void> {
    // What is called in the same turn of the event loop goes into the same write.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#commit(this.#take())
    this.#running = undefined
  }

  #take(): Entry[] {
    const { maxWriteBytes, maxWriteBatches } = this.#limits
    const taken: Entry[] = []
    let bytes = 0
    let batches = 0
    for (const { entry, unlisten } of this.#waiting) {
      bytes += entry.request.bytes
      batches += entry.request.batchCount
      const full = bytes > maxWriteBytes || batches > maxWriteBatches
      // A cut is settled against what is on disk, so nothing of the same write may stand before it.
      if (taken.length > 0 && (full || entry.request.write?.truncateTo !== undefined)) break
      unlisten?.()
      taken.push(entry)
    }
    this.#waiting = this.#waiting.slice(taken.length)
    return taken
  }

  async #commit(entries: readonly Entry[]): Promise<void> {
    try {
      const settle = await this.#perform(entries)
      for (const entry of entries) this.#room.leave(entry.request.bytes)
      settle()
    } catch (error) {
      this.#failure = failedError(error)
      for (const entry of entries) entry.reject(this.#failure)
      for (const { entry, unlisten } of this.#waiting) {
        unlisten?.()
        entry.reject(this.#failure)
      }
      this.#waiting = []
    }
  }
}
