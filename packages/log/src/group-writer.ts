import type { LogDatabase, Operation } from './database.ts'
import { encodings } from './database.ts'
import type { Admission } from './disk/disk-space.ts'
import { closedError, failedError, QueueRoom } from './refusals.ts'
import type { WriteRequest, WriteResult } from './request.ts'
import { WriteQueue } from './write-queue.ts'
import type { WriteLimits } from './write-queue.ts'
import type { WriterMeter } from './writer-meter.ts'

/** How much may wait, and how much of it one write may carry. */
export interface WriterLimits extends WriteLimits {
  /** Bytes that may wait or be under way. */
  readonly maxQueueBytes: number
}

/** A request of one log, and whom to tell what became of it, once. */
export interface Entry {
  readonly log: LogWriter
  readonly request: WriteRequest
  readonly resolve: (result: WriteResult) => void
  readonly reject: (reason: unknown) => void
  /** Takes the request back as long as it waits. */
  readonly signal: AbortSignal | undefined
  /** Stops listening to `signal`: the write begins. */
  unlisten?: () => void
  /** For the meter. */
  submittedMs?: number
}

/** What one log puts into a write, and what it does when that is durable. */
export interface PreparedCommit {
  /** The requests that are in it; the others were refused. */
  readonly accepted: readonly { readonly entry: Entry }[]
  readonly operations: readonly Operation[]
  /** The write is on disk: the log changes what it shows. */
  committed(): void
  /** Tells the callers. Called when every log of the write shows what is durable. */
  settle(): void
}

/** A log, as its writer sees it. */
export interface LogWriter {
  /**
   * Decides what `entries`, which are all the log's own and in call order, come to. Entries that it refuses it rejects.
   * When it throws, the log has failed, and only that log: nothing of it is written.
   */
  prepare(entries: readonly Entry[]): PreparedCommit | Promise<PreparedCommit>
  /** The log accepts no more writes. */
  failed(failure: Error): void
}

/** A write that is planned: what it carries, and for whom. */
interface Write {
  readonly entries: readonly Entry[]
  readonly commits: readonly PreparedCommit[]
  readonly operations: Operation[]
}

/**
 * The one writer of a database: one write at a time, and what arrives meanwhile rides in the next (group commit). All
 * logs of the database share its syncs. Under load the next write is encoded while one is under way, so that disk and
 * processor work at the same time; it begins only once that one is durable, so that a crash never leaves a hole.
 *
 * Requests keep their order. The first failed write is final: it and everything that waits rejects with LOG_FAILED, and
 * so does everything after, in every log, because a LevelDB handle that failed once may acknowledge what it then loses.
 */
export class GroupWriter {
  readonly #database: LogDatabase
  readonly #room: QueueRoom
  readonly #disk: Admission | undefined
  readonly #meter: WriterMeter | undefined
  readonly #logs = new Set<LogWriter>()
  readonly #queue: WriteQueue
  #running: Promise<void> | undefined
  #closed = false
  #failure: Error | undefined

  /** Without `disk`, batches are written until the disk is full. */
  constructor(database: LogDatabase, limits: WriterLimits, disk?: Admission, meter?: WriterMeter) {
    this.#database = database
    this.#queue = new WriteQueue(limits)
    this.#room = new QueueRoom(limits.maxQueueBytes)
    this.#disk = disk
    this.#meter = meter
  }

  /** Nothing waits and nothing is under way. */
  get idle(): boolean {
    return this.#running === undefined
  }

  /** From now on `log` is told when a write failed. @returns what ends that */
  attach(log: LogWriter): () => void {
    this.#logs.add(log)
    return () => this.#logs.delete(log)
  }

  /** Queues `entry`. @throws LOG_FAILED, LOG_CLOSED, LOG_QUEUE_FULL, LOG_BATCH_TOO_LARGE, LOG_DISK_FULL, or the signal's reason */
  submit(entry: Entry): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw closedError()
    const { signal } = entry
    signal?.throwIfAborted()
    // The vote, a cut and all that gives space back go through on a full disk.
    if (entry.request.batchCount > 0) this.#disk?.admit(entry.request.bytes)
    this.#room.enter(entry.request.bytes)
    if (signal !== undefined) this.#takeBackOnAbort(entry, signal)
    this.#meter?.submitted(entry)
    this.#queue.push(entry)
    this.#running ??= this.#run()
  }

  /** Refuses what comes from now on, and waits until what came before is settled. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  #takeBackOnAbort(entry: Entry, signal: AbortSignal): void {
    const takeBack = (): void => {
      this.#queue.remove(entry)
      this.#leave(entry)
      entry.reject(signal.reason)
    }
    signal.addEventListener('abort', takeBack, { once: true })
    entry.unlisten = () => signal.removeEventListener('abort', takeBack)
  }

  async #run(): Promise<void> {
    // What is called in the same turn of the event loop goes into the same write.
    await Promise.resolve()
    const writes: Write[] = []
    try {
      while (!this.#queue.isEmpty) {
        writes.push(await this.#plan(this.#queue.take(false)))
        await this.#perform(writes)
      }
    } catch (error) {
      this.#fail(writes, failedError(error))
    }
    this.#running = undefined
  }

  /**
   * Performs the only write of `writes`, and as long as full ones wait behind it those too. Each is planned while the one
   * before it is under way, and callers are told while the next is, so that the disk need not wait for either.
   */
  async #perform(writes: Write[]): Promise<void> {
    let syncing = this.#start(writes[0]!)
    for (;;) {
      if (this.#queue.isFull) writes.push(await this.#plan(this.#queue.take(true)))
      await syncing
      const done = writes.shift()!
      this.#meter?.synced(done.commits)
      const [next] = writes
      if (next !== undefined) syncing = this.#start(next)
      this.#settle(done)
      if (next === undefined) return
      // Those who were just told may have more to write.
      await Promise.resolve()
    }
  }

  /** Decides what `entries` come to, behind all that was planned before. */
  async #plan(entries: readonly Entry[]): Promise<Write> {
    const commits: PreparedCommit[] = []
    for (const [log, own] of byLog(entries)) {
      const preparing = this.#prepare(log, own, commits)
      if (preparing !== undefined) await preparing
    }
    return { entries, commits, operations: operationsOf(commits) }
  }

  #start(write: Write): Promise<void> {
    const syncing = this.#write(write)
    // It may fail while the next one is planned, when nobody awaits it yet.
    syncing.catch(() => {})
    return syncing
  }

  async #write({ operations }: Write): Promise<void> {
    if (operations.length === 0) return
    this.#meter?.started()
    await this.#database.batch(operations, { ...encodings, sync: true })
  }

  #settle({ entries, commits }: Write): void {
    for (const entry of entries) this.#leave(entry)
    for (const commit of commits) commit.committed()
    for (const commit of commits) commit.settle()
  }

  /** Adds the part of `log` to `commits`. Waits only for a log that must read first. */
  #prepare(log: LogWriter, entries: readonly Entry[], commits: PreparedCommit[]): Promise<void> | undefined {
    const fail = (error: unknown): void => {
      const failure = failedError(error)
      log.failed(failure)
      for (const entry of entries) entry.reject(failure)
    }
    try {
      const prepared = log.prepare(entries)
      if (prepared instanceof Promise) return prepared.then((commit) => void commits.push(commit), fail)
      commits.push(prepared)
    } catch (error) {
      fail(error)
    }
    return undefined
  }

  /** @param writes - what was planned and not settled */
  #fail(writes: readonly Write[], failure: Error): void {
    this.#failure = failure
    const waiting = this.#queue.takeAll()
    for (const log of this.#logs) log.failed(failure)
    this.#meter?.failed()
    for (const entry of [...writes.flatMap(({ entries }) => entries), ...waiting]) {
      this.#leave(entry)
      entry.reject(failure)
    }
  }

  #leave({ request }: Entry): void {
    this.#room.leave(request.bytes)
    this.#meter?.left(request.bytes)
  }
}

/** `entries` of each log, in call order. Most writes are of one log. */
function byLog(entries: readonly Entry[]): Iterable<readonly [LogWriter, readonly Entry[]]> {
  const [first] = entries
  if (first === undefined) return []
  if (entries.every(({ log }) => log === first.log)) return [[first.log, entries]]
  return Map.groupBy(entries, ({ log }) => log)
}

function operationsOf(commits: readonly PreparedCommit[]): Operation[] {
  const [only] = commits
  if (only !== undefined && commits.length === 1) return only.operations as Operation[]
  const operations: Operation[] = []
  for (const commit of commits) for (const operation of commit.operations) operations.push(operation)
  return operations
}
