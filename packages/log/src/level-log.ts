import type { Batch, Epoch, Offset } from './batch.ts'
import type { ChunkLimits } from './chunk-plan.ts'
import { hole } from './chunk-store.ts'
import type { ChunkStore } from './chunk-store.ts'
import { planCommit } from './commit.ts'
import type { CommitTarget, PlannedCommit } from './commit.ts'
import type { EncodeBuffers } from './encode-buffers.ts'
import { endOffsetForEpoch } from './epochs.ts'
import { LogError } from './errors.ts'
import type { Entry, GroupWriter, LogWriter, PreparedCommit } from './group-writer.ts'
import type { KeptLog } from './housekeeping.ts'
import type { Keys } from './keys.ts'
import { LogChanges } from './log-changes.ts'
import { segmentsOf } from './log-state.ts'
import type { LogState } from './log-state.ts'
import type { EpochEnd, Log, NewBatch, TailOptions, TimestampOffset } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { EpochStart, HardState, LogWrite } from './raft-log.ts'
import type { RecoveryReport } from './recovery/report.ts'
import { closedError, readOnlyError } from './refusals.ts'
import { appendRequest, writeRequest } from './request.ts'
import type { WriteRequest, WriteResult } from './request.ts'
import { retentionOffset } from './retention.ts'
import type { RetentionLimits } from './retention.ts'
import { scrub } from './scrub/scrub.ts'
import type { ScrubOptions, ScrubProgress, ScrubSource } from './scrub/scrub.ts'
import { verifyChunks } from './scrub/verify-chunks.ts'
import type { SegmentMeter } from './segment-meter.ts'
import type { Segment } from './segment.ts'
import { BatchSelection, checkReadable, defaultMaxReadBytes } from './selection.ts'
import { Sweeper } from './sweeper.ts'
import type { Tail } from './tail.ts'
import { tailOf } from './tailing.ts'
import { findTimestamp } from './timestamps.ts'

/** The limits of one log. */
export interface LogLimits extends ChunkLimits, RetentionLimits {
  readonly maxBatchBytes: number
}

/** Everything a {@link LevelLog} is made of. */
export interface LevelLogParts {
  readonly store: ChunkStore
  readonly keys: Keys
  readonly writer: GroupWriter
  /** Where its writes are encoded. */
  readonly buffers: EncodeBuffers
  /** What `loadLog` found. */
  readonly state: LogState
  readonly recovery: RecoveryReport
  /** Refuse writes. */
  readonly readOnly: boolean
  readonly limits: LogLimits
  readonly now: () => number
  /** Shows how many segments there are, to whom wants to know. */
  readonly meter?: SegmentMeter | undefined
  /** Verifies LevelDB's tables, where they are the log's own; the bytes of each. */
  readonly verifyTables?: (() => AsyncIterable<number>) | undefined
  readonly metrics?: Metrics | undefined
  /** Releases what is the log's own, once nothing of it is under way. */
  readonly release: () => Promise<void>
}

/** A write under way that takes away what a read may be looking at. */
interface Cut {
  readonly truncateTo: Offset | undefined
  readonly over: Promise<void>
  readonly end: () => void
}

/** The log on an abstract-level database. Made by `openLog` and by a log set. */
export class LevelLog implements Log, LogWriter, KeptLog {
  readonly #parts: LevelLogParts
  readonly #target: CommitTarget
  readonly #sweeper: Sweeper
  readonly #changes = new LogChanges()
  readonly #detach: () => void
  /** What is durable. */
  #state: LogState
  /** What will be, once every write that was planned is. */
  #planned: LogState
  // The cut or drop under way, and how many there were: a read that overlaps one may have seen half of it and is repeated.
  #cutting: Cut | undefined
  #cuts = 0
  // From here on a failed cut left it open what is stored.
  #unknownFrom = Infinity
  #failure: Error | undefined
  #closing: Promise<void> | undefined

  constructor(parts: LevelLogParts) {
    this.#parts = parts
    const { store, keys, limits, buffers } = parts
    this.#target = { store, keys, limits, buffers }
    this.#state = parts.state
    this.#planned = parts.state
    this.#detach = parts.writer.attach(this)
    this.#sweeper = new Sweeper(parts.store, {
      start: () => this.#state.start,
      submit: (chunkKeys, sweptTo) =>
        this.#submit({ kind: 'sweep', chunkKeys, sweptTo, batchCount: 0, bytes: 0 }),
    })
    this.#sweeper.start()
    parts.meter?.show(parts.state)
  }

  get startOffset(): Offset {
    return this.#state.tail.startOffset
  }

  get endOffset(): Offset {
    return this.#state.tail.endOffset
  }

  get epochs(): readonly EpochStart[] {
    return this.#state.tail.epochs
  }

  get hardState(): HardState | undefined {
    return this.#state.tail.hardState
  }

  get recovery(): RecoveryReport {
    return this.#parts.recovery
  }

  get segments(): readonly Segment[] {
    return segmentsOf(this.#state)
  }

  async write(write: LogWrite): Promise<void> {
    await this.#submit(writeRequest(write, this.#parts.limits.maxBatchBytes))
  }

  append(batches: readonly NewBatch[], options?: { readonly signal?: AbortSignal }): Promise<Offset[]> {
    return new Promise((resolve, reject) => {
      const request = appendRequest(batches, this.#parts.limits.maxBatchBytes)
      this.#enqueue({ log: this, request, resolve, reject, signal: options?.signal })
    })
  }

  truncate(offset: Offset): Promise<void> {
    return this.write({ truncateTo: offset })
  }

  async deleteBefore(offset: Offset): Promise<Offset> {
    await this.#submit({ kind: 'deleteBefore', offset, batchCount: 0, bytes: 0 })
    return this.startOffset
  }

  async reset(offset: Offset, epoch: Epoch): Promise<void> {
    await this.#submit({ kind: 'reset', offset, epoch, batchCount: 0, bytes: 0 })
  }

  endOffsetForEpoch(epoch: Epoch): EpochEnd | undefined {
    return endOffsetForEpoch(this.epochs, this.endOffset, epoch)
  }

  offsetForTimestamp(timestampMs: number): Promise<TimestampOffset | undefined> {
    return this.#consistently(() => findTimestamp(this.#parts.store, this.segments, timestampMs))
  }

  read(from: Offset, options?: { readonly maxBytes?: number }): Promise<readonly Batch[]> {
    return this.#consistently(() => this.#read(from, options?.maxBytes ?? defaultMaxReadBytes))
  }

  tail(options?: TailOptions): AsyncIterable<Batch> {
    return tailOf(this, this.#changes, options)
  }

  /** Drops the segments that the log's retention does not keep. */
  async enforceRetention(): Promise<void> {
    if (this.#parts.readOnly) return
    const offset = retentionOffset(this.segments, this.#parts.limits, this.#parts.now())
    if (offset !== undefined) await this.deleteBefore(offset)
  }

  get hasDropped(): boolean {
    return this.#sweeper.hasRemoved
  }

  scrub(options?: ScrubOptions): AsyncIterable<ScrubProgress> {
    return scrub(this.#scrubSource(), options, this.#parts.metrics)
  }

  async compact(): Promise<void> {
    if (this.#closing !== undefined) throw closedError()
    await this.#sweeper.compact()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  prepare(entries: readonly Entry[]): PreparedCommit | Promise<PreparedCommit> {
    if (this.#failure !== undefined) throw this.#failure
    const planned = planCommit(this.#target, this.#planned, entries, this.#parts.now())
    return planned instanceof Promise ? planned.then((plan) => this.#begin(plan)) : this.#begin(planned)
  }

  failed(failure: Error): void {
    this.#failure ??= failure
    if (this.#cutting !== undefined) this.#unknownFrom = this.#cutting.truncateTo ?? Infinity
    this.#endCut()
    this.#changes.failed(failure)
  }

  #submit(request: WriteRequest): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ log: this, request, resolve, reject, signal: undefined })
    })
  }

  #enqueue(entry: Entry): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closing !== undefined) throw closedError()
    if (this.#parts.readOnly) throw readOnlyError(this.recovery)
    this.#parts.writer.submit(entry)
  }

  #begin(plan: PlannedCommit): PreparedCommit {
    this.#planned = plan.state
    if (plan.disturbsReads) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#cuts += 1
      this.#cutting = { truncateTo: plan.truncateTo, over: promise, end: resolve }
    }
    return {
      accepted: plan.accepted,
      operations: plan.operations,
      committed: () => {
        if (plan.encoded !== undefined) this.#parts.buffers.give(plan.encoded)
        const before = this.#state
        this.#state = plan.state
        this.#endCut()
        this.#changes.committed(plan.truncateTo)
        this.#parts.meter?.show(plan.state)
        if (plan.state.start !== before.start) this.#sweeper.start()
        // Whoever is to be told that this failed is told by the next write.
        if (plan.state.sealed.length > before.sealed.length) this.enforceRetention().catch(() => {})
      },
      settle: () => {
        for (const { entry, result } of plan.accepted) entry.resolve(result)
      },
    }
  }

  #endCut(): void {
    this.#cutting?.end()
    this.#cutting = undefined
  }

  async #close(): Promise<void> {
    this.#changes.closed()
    await this.#sweeper.stop()
    // Settled after everything that was asked before; how it ends makes no difference.
    await new Promise<void>((resolve) => {
      const request = writeRequest({}, this.#parts.limits.maxBatchBytes)
      const done = (): void => resolve()
      try {
        this.#parts.writer.submit({ log: this, request, resolve: done, reject: done, signal: undefined })
      } catch {
        resolve()
      }
    })
    this.#detach()
    this.#parts.meter?.show(undefined)
    await this.#parts.release()
  }

  /** Reads, and once more if a cut overtook the reading. */
  async #consistently<Result>(read: () => Promise<Result>): Promise<Result> {
    for (;;) {
      await this.#cutting?.over
      if (this.#closing !== undefined) throw closedError()
      const cuts = this.#cuts
      try {
        const result = await read()
        if (this.#cuts === cuts) return result
      } catch (error) {
        if (this.#cuts === cuts) throw error
      }
    }
  }

  #scrubSource(): ScrubSource {
    const { store, verifyTables } = this.#parts
    const offsets = (): Tail => this.#state.tail
    let cuts = this.#cuts
    return {
      get startOffset() {
        return offsets().startOffset
      },
      get endOffset() {
        return offsets().endOffset
      },
      tables: verifyTables,
      verify: (position, maxBytes) =>
        this.#consistently(() => {
          // What was before the position may have been replaced by a cut since.
          const known = cuts === this.#cuts ? position : { offset: position.offset, checksum: undefined }
          cuts = this.#cuts
          return verifyChunks(store, this.#state, known, maxBytes)
        }),
    }
  }

  async #read(from: Offset, maxBytes: number): Promise<readonly Batch[]> {
    checkReadable(this.#state.tail, from)
    const { endOffset } = this.#state.tail
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
    for await (const chunk of store.chunksAfter(first, maxBytes))
      if (!selection.take(chunk.batches)) return selection.batches
    throw hole(selection.nextOffset, undefined)
  }
}
