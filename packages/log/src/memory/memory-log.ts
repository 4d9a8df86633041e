import { encodedBytes } from '../batch-codec.ts'
import { nextOffset } from '../batch.ts'
import type { Batch, Epoch, Offset } from '../batch.ts'
import { endOffsetForEpoch } from '../epochs.ts'
import { LogChanges } from '../log-changes.ts'
import type { EpochEnd, Log, NewBatch, TailOptions, TimestampOffset } from '../log.ts'
import type { EpochStart, HardState, LogWrite } from '../raft-log.ts'
import { nothingAudited } from '../recovery/report.ts'
import type { RecoveryReport } from '../recovery/report.ts'
import { closedError, failedError, QueueRoom } from '../refusals.ts'
import { appendRequest, writeRequest } from '../request.ts'
import type { WriteRequest, WriteResult } from '../request.ts'
import { scrub } from '../scrub/scrub.ts'
import type { ScrubOptions, ScrubProgress, ScrubSource } from '../scrub/scrub.ts'
import { checkReadable, defaultMaxReadBytes } from '../selection.ts'
import { place, writeResult } from '../tail.ts'
import type { Placement } from '../tail.ts'
import { tailOf } from '../tailing.ts'
import { encodeBatches } from '../wire.ts'
import type { Segment } from '../segment.ts'
import type { MemoryStorage } from './storage.ts'

/** What is left of the writes that were not synced when the process died. */
export interface CrashOptions {
  /** Writes, oldest first, that reached the disk although nobody was told. @default 0 */
  readonly keepUnsynced?: number
  /** The write after those reached the disk in part; reopening finds it torn and drops it. @default false */
  readonly tornTail?: boolean
}

/** The in-memory twin of the log on disk, with its disk's vices at hand. */
export interface MemoryLog extends Log {
  /** Give it to `openMemoryLog` to open the log again, after `close` or `crash`. */
  readonly storage: MemoryStorage
  /** Writes that wait for a sync. */
  readonly unsyncedWrites: number
  /** Makes every waiting write durable, in order, and settles it. */
  sync(): void
  /**
   * The process dies. What was synced stays in {@link storage}; of what was not, what `options` say. Waiting writes
   * reject with LOG_FAILED, and the log is closed.
   */
  crash(options?: CrashOptions): void
  /**
   * The next sync that has something to write fails with `error`, and the log closes for writing. With `persisted`
   * the writes are on disk all the same, which is what "outcome unknown" means.
   */
  failNextWrite(error: Error, options?: { readonly persisted?: boolean }): void
  /**
   * The stored batch that holds `offset` is damaged: reads that touch it say LOG_CORRUPT, and opening says LOG_DAMAGED if
   * it is the last.
   */
  corrupt(offset: Offset): void
}

/** Everything a {@link MemoryLog} is made of. */
export interface MemoryLogParts {
  readonly storage: MemoryStorage
  readonly limits: { readonly maxBatchBytes: number; readonly maxQueueBytes: number }
  readonly now: () => number
  /** Calls back when unsynced writes should be synced; absent where only `sync()` does it. */
  readonly scheduleSync: ((sync: () => void) => void) | undefined
}

interface Unsynced {
  readonly request: WriteRequest
  readonly resolve: (result: WriteResult) => void
  readonly reject: (reason: unknown) => void
  readonly signal: AbortSignal | undefined
  /** Stops listening to `signal`: the sync begins. */
  unlisten?: () => void
}

interface PlannedFailure {
  readonly error: Error
  readonly persisted: boolean
}

/** Shares checks, placement and selection with the log on disk; only the disk is another. Made by `openMemoryLog`. */
export class InMemoryLog implements MemoryLog {
  readonly storage: MemoryStorage
  readonly #parts: MemoryLogParts
  readonly #room: QueueRoom
  readonly #changes = new LogChanges()
  #unsynced: Unsynced[] = []
  #plannedFailure: PlannedFailure | undefined
  #failure: Error | undefined
  #closed = false

  constructor(parts: MemoryLogParts) {
    this.#parts = parts
    this.storage = parts.storage
    this.#room = new QueueRoom(parts.limits.maxQueueBytes)
  }

  get startOffset(): Offset {
    return this.storage.tail.startOffset
  }

  get endOffset(): Offset {
    return this.storage.tail.endOffset
  }

  get epochs(): readonly EpochStart[] {
    return this.storage.tail.epochs
  }

  get hardState(): HardState | undefined {
    return this.storage.tail.hardState
  }

  get recovery(): RecoveryReport {
    return nothingAudited
  }

  get unsyncedWrites(): number {
    return this.#unsynced.length
  }

  write(write: LogWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = writeRequest(write, this.#parts.limits.maxBatchBytes)
      this.#submit({ request, resolve: () => resolve(), reject, signal: undefined })
    })
  }

  append(batches: readonly NewBatch[], options?: { readonly signal?: AbortSignal }): Promise<Offset[]> {
    return new Promise((resolve, reject) => {
      const request = appendRequest(batches, this.#parts.limits.maxBatchBytes)
      this.#submit({ request, resolve, reject, signal: options?.signal })
    })
  }

  truncate(offset: Offset): Promise<void> {
    return this.write({ truncateTo: offset })
  }

  get segments(): readonly Segment[] {
    return this.storage.segments()
  }

  async deleteBefore(offset: Offset): Promise<Offset> {
    await this.#request({ kind: 'deleteBefore', offset, batchCount: 0, bytes: 0 })
    return this.startOffset
  }

  async reset(offset: Offset, epoch: Epoch): Promise<void> {
    await this.#request({ kind: 'reset', offset, epoch, batchCount: 0, bytes: 0 })
  }

  async compact(): Promise<void> {
    if (this.#closed) throw closedError()
  }

  endOffsetForEpoch(epoch: Epoch): EpochEnd | undefined {
    return endOffsetForEpoch(this.epochs, this.endOffset, epoch)
  }

  async offsetForTimestamp(timestampMs: number): Promise<TimestampOffset | undefined> {
    if (this.#closed) throw closedError()
    return this.storage.findTimestamp(timestampMs)
  }

  async read(from: Offset, options?: { readonly maxBytes?: number }): Promise<readonly Batch[]> {
    if (this.#closed) throw closedError()
    checkReadable(this.storage.tail, from)
    if (from === this.endOffset) return []
    return this.storage.read(from, options?.maxBytes ?? defaultMaxReadBytes)
  }

  tail(options?: TailOptions): AsyncIterable<Batch> {
    return tailOf(this, this.#changes, options)
  }

  scrub(options?: ScrubOptions): AsyncIterable<ScrubProgress> {
    return scrub(scrubbed(this), options)
  }

  sync(): void {
    if (this.#unsynced.length === 0) return
    const failure = this.#plannedFailure
    const timestampMs = this.#parts.now()
    const writes = this.#takeAll()
    if (failure !== undefined) {
      if (failure.persisted) for (const { request } of writes) this.#applyIfValid(request, timestampMs)
      this.#fail(writes, failure.error)
      return
    }
    for (const write of writes) {
      this.#room.leave(write.request.bytes)
      try {
        write.resolve(this.#apply(write.request, timestampMs))
      } catch (error) {
        write.reject(error)
      }
    }
  }

  crash(options: CrashOptions = {}): void {
    if (this.#closed) return
    const writes = this.#takeAll()
    const keep = Math.min(options.keepUnsynced ?? 0, writes.length)
    this.#closed = true
    const timestampMs = this.#parts.now()
    for (const { request } of writes.slice(0, keep)) this.#applyIfValid(request, timestampMs)
    const torn = writes[keep]
    if (torn !== undefined && options.tornTail === true) this.#tear(torn.request, timestampMs)
    this.#fail(writes, new Error('the process died'))
    this.storage.release()
  }

  failNextWrite(error: Error, options: { readonly persisted?: boolean } = {}): void {
    this.#plannedFailure = { error, persisted: options.persisted ?? false }
  }

  corrupt(offset: Offset): void {
    this.storage.corrupt(offset)
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.sync()
      this.#closed = true
      this.#changes.closed()
      this.storage.release()
    }
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #request(request: WriteRequest): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      this.#submit({ request, resolve, reject, signal: undefined })
    })
  }

  #submit(write: Unsynced): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw closedError()
    write.signal?.throwIfAborted()
    this.#room.enter(write.request.bytes)
    this.#unsynced.push(write)
    if (this.#unsynced.length === 1) this.#parts.scheduleSync?.(() => this.sync())
    if (write.signal !== undefined) this.#takeBackOnAbort(write, write.signal)
  }

  #takeBackOnAbort(write: Unsynced, signal: AbortSignal): void {
    const takeBack = (): void => {
      this.#unsynced = this.#unsynced.filter((waiting) => waiting !== write)
      this.#room.leave(write.request.bytes)
      write.reject(signal.reason)
    }
    signal.addEventListener('abort', takeBack, { once: true })
    write.unlisten = () => signal.removeEventListener('abort', takeBack)
  }

  /** Everything that waits, which nobody can take back any more. */
  #takeAll(): readonly Unsynced[] {
    const writes = this.#unsynced
    this.#unsynced = []
    for (const { unlisten } of writes) unlisten?.()
    return writes
  }

  #fail(writes: readonly Unsynced[], cause: Error): void {
    this.#failure = failedError(cause)
    this.#changes.failed(this.#failure)
    for (const { reject } of writes) reject(this.#failure)
  }

  /** @throws what the caller of the write got wrong; nothing is applied then */
  #apply(request: WriteRequest, timestampMs: number): WriteResult {
    const placement = this.#place(request, timestampMs)
    this.storage.apply(placement)
    this.#changes.committed(placement.truncateTo)
    return writeResult(request, placement)
  }

  #applyIfValid(request: WriteRequest, timestampMs: number): void {
    try {
      this.#apply(request, timestampMs)
    } catch {
      // Nobody is left to be told that it was refused.
    }
  }

  /** Every batch is a segment of its own as far as dropping goes. */
  #bounded(request: WriteRequest): WriteRequest {
    if (request.kind !== 'deleteBefore') return request
    if (!Number.isInteger(request.offset) || request.offset < 0) return request
    return { ...request, offset: this.storage.boundaryBefore(request.offset) }
  }

  #place(request: WriteRequest, timestampMs: number): Placement {
    const placement = place(this.storage.tail, this.#bounded(request), timestampMs)
    if (placement.truncateTo !== undefined) this.storage.checkBoundary(placement.truncateTo)
    return placement
  }

  #tear(request: WriteRequest, timestampMs: number): void {
    try {
      const { batches } = this.#place(request, timestampMs)
      if (batches.length > 0) this.storage.tear(encodeBatches(batches).subarray(0, -1))
    } catch {
      // A write that would have been refused never got to the disk.
    }
  }
}

/** The batches of `log`, as a scrub reads them. The storage has no chain of checksums, only whole batches. */
function scrubbed(log: MemoryLog): ScrubSource {
  return {
    get startOffset() {
      return log.startOffset
    },
    get endOffset() {
      return log.endOffset
    },
    async verify({ offset }, maxBytes) {
      const batches = await log.read(Math.max(offset, log.startOffset), { maxBytes })
      const last = batches.at(-1)
      return {
        position: { offset: last === undefined ? log.endOffset : nextOffset(last), checksum: undefined },
        bytes: encodedBytes(batches),
      }
    },
  }
}
