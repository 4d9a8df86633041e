import type { Offset } from './batch.ts'
import type { ChunkStore } from './chunk-store.ts'
import type { Start } from './start.ts'

/** Chunks that one write removes. Small enough not to hold up the appends that ride with it. */
const maxSweptChunks = 1024

/** What the sweeper needs of its log. */
export interface SweptLog {
  /** The start of the log, as it is on disk. */
  readonly start: () => Start
  /** Removes the chunks under these keys, after which there is none before `sweptTo`. */
  readonly submit: (chunkKeys: readonly Uint8Array[], sweptTo: Offset) => Promise<unknown>
}

/**
 * Removes the chunks that are before the start of a log, a few with each write, and gives their space back on request.
 *
 * They are dead once the start has moved: a crash, or a failure here, leaves them for the next sweep, which begins where
 * the last one came to and so does not walk over what LevelDB has marked as deleted.
 */
export class Sweeper {
  readonly #store: ChunkStore
  readonly #log: SweptLog
  #sweeping: Promise<void> | undefined
  #running = false
  #stopped = false
  // What was removed since the last compaction.
  #removed: { from: Offset; to: Offset } | undefined

  constructor(store: ChunkStore, log: SweptLog) {
    this.#store = store
    this.#log = log
  }

  /** Whether removed chunks still take space. */
  get hasRemoved(): boolean {
    return this.#removed !== undefined
  }

  /** Begins to sweep, unless it is under way or there is nothing to remove. */
  start(): void {
    if (this.#running) return
    this.#running = true
    this.#sweeping = this.#sweep()
  }

  /** Sweeps what is left and gives the space back. @throws what the log or the database throws */
  async compact(): Promise<void> {
    this.start()
    await this.#sweeping
    const removed = this.#removed
    if (removed === undefined) return
    this.#removed = undefined
    await this.#store.compact(removed.from, removed.to)
  }

  /** Ends the sweep after the write that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#sweeping
  }

  async #sweep(): Promise<void> {
    try {
      for (;;) {
        const { sweptTo, offset } = this.#log.start()
        if (this.#stopped || sweptTo >= offset) break
        const keys = await this.#store.chunkKeysBetween(sweptTo, offset, maxSweptChunks)
        const last = keys.at(-1)
        const next =
          last === undefined || keys.length < maxSweptChunks ? offset : this.#store.baseOffsetOf(last) + 1
        await this.#log.submit(keys, next)
        this.#removed = { from: Math.min(this.#removed?.from ?? sweptTo, sweptTo), to: next }
      }
    } catch {
      // The log failed or was closed, and says so to those who write. What is left waits for the next sweep.
    }
    this.#running = false
  }
}
