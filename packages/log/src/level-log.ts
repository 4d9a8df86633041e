import type { Batch, Epoch, Offset } from './batch.ts'
import { hole } from './chunk-store.ts'
import type { ChunkStore } from './chunk-store.ts'
import { Commit } from './commit.ts'
import type { CommitTarget } from './commit.ts'
import { CommitQueue } from './commit-queue.ts'
import type { CommitLimits, Entry } from './commit-queue.ts'
import { endOffsetForEpoch } from './epochs.ts'
import { LogError } from './errors.ts'
import type { Keys } from './keys.ts'
import { LogChanges } from './log-changes.ts'
import type { EpochEnd, Log, NewBatch, TailOptions } from './log.ts'
import type { EpochStart, HardState, LogWrite } from './raft-log.ts'
import { closedError, failedError } from './refusals.ts'
import { appendRequest, writeRequest } from './request.ts'
import { BatchSelection, checkReadable, defaultMaxReadBytes } from './selection.ts'
import { place, writeResult } from './tail.ts'
import type { Placement, Tail } from './tail.ts'
import { tailOf } from './tailing.ts'

/** Everything a {@link LevelLog} is made of. */
export interface LevelLogParts {
  readonly store: ChunkStore
  readonly keys: Keys
  readonly tail: Tail
  /** Checksum of the last batch, 0 for an empty log. */
  readonly checksum: number
  readonly limits: CommitLimits & { readonly maxBatchBytes: number; readonly maxChunkBytes: number }
  readonly now: () => number
  /** Releases the database, if it is the log's own. */
  readonly release: () => Promise<void>
}

// How far LevelDB may read ahead of a read, which stops at a limit of payload bytes that LevelDB does not know.
const maxReadAheadBytes = 1024 * 1024

/** The log on an abstract-level database. Made by `openLog`. */
export class LevelLog implements Log {
  readonly #parts: LevelLogParts
  readonly #target: CommitTarget
  readonly #queue: CommitQueue
  readonly #changes = new LogChanges()
  /** What is durable. */
  #tail: Tail
  #checksum: number
  // The cut under way, and how many there were: a read that overlaps one may have seen half of it and is repeated.
  #cutting: Promise<void> | undefined
  #cuts = 0
  // From here on a failed cut left it open what is stored.
  #unknownFrom = Infinity
  #closing: Promise<void> | undefined

  constructor(parts: LevelLogParts) {
    this.#parts = parts
    this.#target = { store: parts.store, keys: parts.keys, maxChunkBytes: parts.limits.maxChunkBytes }
    this.#tail = parts.tail
    this.#checksum = parts.checksum
    this.#queue = new CommitQueue(parts.limits, (entries) => this.#commitOrFail(entries))
  }

  get startOffset(): Offset {
    return this.#tail.startOffset
  }

  get endOffset(): Offset {
    return this.#tail.endOffset
  }

  get epochs(): readonly EpochStart[] {
    return this.#tail.epochs
  }

  get hardState(): HardState | undefined {
    return this.#tail.hardState
  }

  write(write: LogWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = writeRequest(write, this.#parts.limits.maxBatchBytes)
      this.#queue.submit({ request, resolve: () => resolve(), reject })
    })
  }

  append(batches: readonly NewBatch[], options?: { readonly signal?: AbortSignal }): Promise<Offset[]> {
    return new Promise((resolve, reject) => {
      const request = appendRequest(batches, this.#parts.limits.maxBatchBytes)
      this.#queue.submit({ request, resolve, reject, signal: options?.signal })
    })
  }

  truncate(offset: Offset): Promise<void> {
    return this.write({ truncateTo: offset })
  }

  endOffsetForEpoch(epoch: Epoch): EpochEnd | undefined {
    return endOffsetForEpoch(this.epochs, this.endOffset, epoch)
  }

  async read(from: Offset, options?: { readonly maxBytes?: number }): Promise<readonly Batch[]> {
    for (;;) {
      await this.#cutting
      const cuts = this.#cuts
      try {
        const batches = await this.#read(from, options?.maxBytes ?? defaultMaxReadBytes)
        if (this.#cuts === cuts) return batches
      } catch (error) {
        if (this.#cuts === cuts) throw error
      }
    }
  }

  tail(options?: TailOptions): AsyncIterable<Batch> {
    return tailOf(this, this.#changes, options)
  }

  close(): Promise<void> {
    this.#changes.closed()
    this.#closing ??= this.#queue.close().then(this.#parts.release)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #read(from: Offset, maxBytes: number): Promise<readonly Batch[]> {
    if (this.#closing !== undefined) throw closedError()
    checkReadable(this.#tail, from)
    const { endOffset } = this.#tail
    if (from === endOffset) return []
    if (from >= this.#unknownFrom)
      throw new LogError(
        'LOG_FAILED',
        `a cut at ${this.#unknownFrom} failed: reopen the log to know what is behind it`,
      )
    const selection = new BatchSelection(from, Math.min(endOffset, this.#unknownFrom), maxBytes)
    const { store } = this.#parts
    const first = await store.chunkAt(from)
    if (first === undefined || first.endOffset <= from) throw hole(from, undefined)
    if (!selection.take(first.batches)) return selection.batches
    for await (const chunk of store.chunksAfter(first, Math.min(maxBytes, maxReadAheadBytes)))
      if (!selection.take(chunk.batches)) return selection.batches
    throw hole(selection.nextOffset, undefined)
  }

  async #commitOrFail(entries: readonly Entry[]): Promise<() => void> {
    try {
      return await this.#commit(entries)
    } catch (error) {
      this.#changes.failed(failedError(error))
      throw error
    }
  }

  async #commit(entries: readonly Entry[]): Promise<() => void> {
    const commit = new Commit(this.#target, this.#tail, this.#checksum)
    const timestampMs = this.#parts.now()
    const accepted: { readonly entry: Entry; readonly placement: Placement }[] = []
    let truncateTo: Offset | undefined
    for (const entry of entries) {
      try {
        const placement = place(commit.tail, entry.request, timestampMs)
        if (placement.truncateTo !== undefined) await commit.cut(placement.truncateTo)
        commit.add(placement)
        truncateTo ??= placement.truncateTo
        accepted.push({ entry, placement })
      } catch (error) {
        if (!isRefusal(error)) throw error
        entry.reject(error)
      }
    }
    const operations = commit.operations()
    const endCut = truncateTo === undefined ? undefined : this.#beginCut()
    try {
      if (operations.length > 0) await this.#parts.store.write(operations)
      this.#tail = commit.tail
      this.#checksum = commit.checksum
      this.#changes.committed(truncateTo)
    } catch (error) {
      if (truncateTo !== undefined) this.#unknownFrom = truncateTo
      throw error
    } finally {
      endCut?.()
    }
    return () => {
      for (const { entry, placement } of accepted) entry.resolve(writeResult(entry.request, placement))
    }
  }

  #beginCut(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#cuts += 1
    this.#cutting = promise
    return () => {
      this.#cutting = undefined
      resolve()
    }
  }
}

/** What the caller got wrong is refused alone; a log that cannot be read where it is to be cut is a failed log. */
function isRefusal(error: unknown): boolean {
  return error instanceof LogError && error.code !== 'LOG_CORRUPT' && error.code !== 'LOG_IO'
}
