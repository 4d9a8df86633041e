import {
  type Batch,
  type Epoch,
  type LogWrite,
  nextOffset,
  type Offset,
  type RaftLog,
  type Snapshots,
} from '@quorate/log'
import { createMemoryStorage, type MemoryLog, openMemoryLog } from '@quorate/log/memory'
import type { Voter } from '@quorate/raft'
import { LogShadow } from '../checks/log-shadow.ts'
import { Violation } from '../checks/violation.ts'
import type { Reach } from '../reach.ts'
import { sleep } from '@quorate/transport'
import type { SeededRandom } from '../random.ts'
import type { NodeClock } from './node-clock.ts'
import { SnapshotDisk } from './snapshot-disk.ts'

/** What a disk tells the rest of the simulation. */
interface DiskWatch {
  /** `appended` is about to be cut. */
  onCut(truncateTo: Offset): void
  /** `batch` is now the last of `appended`. */
  onAppended(batch: Batch): void
  /** `durable` holds one more write. */
  onDurable(): void
  /** The log is about to be emptied, to go on at `endOffset` behind a snapshot. @returns what is committed */
  onRestart(endOffset: Offset): LogShadow
  onViolation(violation: Violation): void
  /** A snapshot is complete. */
  onSnapshot(): void
}

/** How long a sync takes. */
export interface DiskSpeed {
  readonly minSyncMs: number
  readonly maxSyncMs: number
}

/** What the disk is made with. */
export interface DiskOptions {
  readonly random: SeededRandom
  readonly reach: Reach
  readonly speed: () => DiskSpeed
  /** True time, in milliseconds. */
  readonly nowMs: () => number
  readonly watch: DiskWatch
  /** The voters that a log on it begins with. */
  readonly founders: readonly Voter[]
}

/** A change of the log under way. */
type Change =
  | LogWrite
  | { readonly restartAt: Offset; readonly history: LogShadow }
  | { readonly deleteBefore: Offset }

/**
 * A node's disk: the log in memory with its vices, and beside it a shadow of what must be on it.
 *
 * The shadow is kept from what passes through the port, so that a log which forgets, or a node that trusts what is not
 * there, is found out.
 */
export class Disk {
  /** What the process believes to have written. */
  appended: LogShadow
  /** What a crash leaves. */
  readonly durable: LogShadow
  readonly snapshots: SnapshotDisk
  readonly #storage = createMemoryStorage()
  readonly #options: DiskOptions
  readonly #damaged = new Set<number>()
  #pending: Change[] = []
  #log: MemoryLog | undefined
  /** Since when it has worked on the write that is next; `undefined` while there is none. */
  writingSinceMs: number | undefined
  #plannedFailure: 'lost' | 'persisted' | undefined

  constructor(options: DiskOptions) {
    this.#options = options
    this.appended = new LogShadow(options.founders)
    this.durable = new LogShadow(options.founders)
    const { random, speed, watch } = options
    this.snapshots = new SnapshotDisk({ random, speed, onComplete: () => watch.onSnapshot() })
  }

  /** Where the log begins, durably. */
  get startOffset(): Offset {
    return this.#storage.tail.startOffset
  }

  get hardState(): RaftLog['hardState'] {
    return this.#storage.tail.hardState
  }

  /** Opens the log and the snapshots for a new process. @throws LOG_DAMAGED (the log's last batch is damaged) */
  async open(clock: NodeClock): Promise<{ readonly log: RaftLog; readonly snapshots: Snapshots }> {
    const log = await this.#openLog(clock)
    return { log, snapshots: await this.snapshots.open(clock) }
  }

  async #openLog(clock: NodeClock): Promise<RaftLog> {
    const { random } = this.#options
    const log = await openMemoryLog({
      storage: this.#storage,
      scheduleSync: (sync) => {
        const { minSyncMs, maxSyncMs } = this.#options.speed()
        clock.setTimer(random.between(minSyncMs, maxSyncMs), sync)
      },
      now: () => clock.wallTime(),
    })
    this.#log = log
    this.#plannedFailure = undefined
    this.#pending = []
    this.writingSinceMs = undefined
    this.appended = this.durable.clone()
    return {
      get startOffset() {
        return log.startOffset
      },
      get endOffset() {
        return log.endOffset
      },
      get epochs() {
        return log.epochs
      },
      get hardState() {
        return log.hardState
      },
      write: (write) => this.#write(log, write),
      read: (from, options) => this.#read(log, clock, from, options),
      deleteBefore: (offset) => this.#deleteBefore(log, offset),
      reset: (offset, epoch) => this.#reset(log, offset, epoch),
      close: () => log.close(),
    }
  }

  /** The process dies. Some of what was not synced may have reached the disk, the last of it torn. */
  crash(): void {
    const { random, reach } = this.#options
    this.snapshots.crash()
    const log = this.#log
    if (log === undefined) return
    this.#log = undefined
    const pending = this.#pending
    this.#pending = []
    const kept = random.chance(0.5) ? 0 : random.upTo(log.unsyncedWrites + 1)
    const torn = pending[kept]
    const isTorn =
      random.chance(0.7) && torn !== undefined && 'batches' in torn && (torn.batches?.length ?? 0) > 0
    log.crash({ keepUnsynced: kept, tornTail: isTorn })
    for (const change of pending.slice(0, kept)) this.#nowDurable(change)
    if (isTorn) reach.tornTails += 1
    if (pending.length > kept) reach.writesLostInCrash += 1
    const { endOffset } = this.#storage.tail
    if (this.durable.endOffset === endOffset) return
    const what = `a crash should leave ${this.durable.endOffset} records on the disk, and left ${endOffset}`
    this.#options.watch.onViolation(new Violation('acknowledged appends stay', what))
  }

  /** The process ends in order: what it wrote is synced. */
  async close(): Promise<void> {
    const log = this.#log
    this.#log = undefined
    await log?.close()
    await this.snapshots.close()
  }

  /** The next write fails, as on a full disk. Whether it got there all the same is for the next open to find out. */
  failNextWrite(): void {
    const { random } = this.#options
    const persisted = random.chance(0.5)
    this.#plannedFailure = persisted ? 'persisted' : 'lost'
    this.#log?.failNextWrite(new Error('ENOSPC: no space left on device'), { persisted })
  }

  /** Damages a stored batch. @returns whether there was one */
  damage(): boolean {
    const { startOffset, endOffset } = this.#storage.tail
    if (startOffset === endOffset) return false
    const offset = startOffset + this.#options.random.upTo(endOffset - startOffset)
    this.#storage.corrupt(offset)
    this.#damaged.add(offset)
    return true
  }

  /** The next read of some stored batch finds another in its place. The medium itself is whole. */
  misdirect(): void {
    const { endOffset } = this.durable
    if (endOffset > 0) this.#storage.misdirect(this.#options.random.upTo(endOffset))
  }

  /** Whether something on the medium is damaged. */
  get hasDamage(): boolean {
    return this.#damaged.size > 0
  }

  #write(log: MemoryLog, write: LogWrite): Promise<void> {
    if (this.#log !== log) return new Promise(() => undefined)
    this.#watchWrite(write)
    return this.#follow(write, log.write(write))
  }

  #deleteBefore(log: MemoryLog, offset: Offset): Promise<Offset> {
    if (this.#log !== log) return new Promise(() => undefined)
    return this.#follow({ deleteBefore: offset }, log.deleteBefore(offset))
  }

  #reset(log: MemoryLog, offset: Offset, epoch: Epoch): Promise<void> {
    if (this.#log !== log) return new Promise(() => undefined)
    const history = this.#options.watch.onRestart(offset)
    this.appended.restart(history, offset)
    return this.#follow({ restartAt: offset, history }, log.reset(offset, epoch))
  }

  #follow<Result>(change: Change, done: Promise<Result>): Promise<Result> {
    this.#pending.push(change)
    if (isAwaited(change)) this.writingSinceMs ??= this.#options.nowMs()
    // Attached first, so that the shadow knows before the node does.
    done.then(
      () => {
        // What is durable takes with it all that was asked before: a reset only takes longer to say so.
        const count = this.#pending.indexOf(change) + 1
        for (const earlier of this.#pending.splice(0, count)) this.#nowDurable(earlier)
        this.writingSinceMs = this.#pending.some(isAwaited) ? this.#options.nowMs() : undefined
      },
      () => this.#writeFailed(change),
    )
    return done
  }

  #watchWrite({ truncateTo, batches = [] }: LogWrite): void {
    const { watch } = this.#options
    if (truncateTo !== undefined) {
      watch.onCut(truncateTo)
      this.appended.truncate(truncateTo)
    }
    for (const batch of batches) {
      this.appended.append(batch)
      watch.onAppended(batch)
    }
  }

  #writeFailed(write: Change): void {
    const { reach } = this.#options
    const index = this.#pending.indexOf(write)
    if (index === -1 || this.#plannedFailure === undefined) return
    this.#pending.splice(index, 1)
    reach.failedWrites += 1
    if (this.#plannedFailure === 'lost') return
    reach.failedWritesPersisted += 1
    this.#nowDurable(write)
  }

  #nowDurable(change: Change): void {
    if ('restartAt' in change) this.durable.restart(change.history, change.restartAt)
    else if (!('deleteBefore' in change)) {
      if (change.truncateTo !== undefined) this.durable.truncate(change.truncateTo)
      for (const batch of change.batches ?? []) this.durable.append(batch)
      this.#forgetDamageFrom(change.truncateTo)
    }
    this.#options.watch.onDurable()
  }

  #forgetDamageFrom(truncateTo: number | undefined): void {
    if (truncateTo === undefined) return
    for (const offset of this.#damaged) if (offset >= truncateTo) this.#damaged.delete(offset)
  }

  /** A read takes time, and sees the log as it was at its beginning or at its end, if that has the offset still. */
  async #read(
    log: MemoryLog,
    clock: NodeClock,
    from: number,
    options: { readonly maxBytes?: number } | undefined,
  ): Promise<readonly Batch[]> {
    const { maxSyncMs } = this.#options.speed()
    try {
      const batches = await log.read(from, options)
      if (this.#damaged.size > 0) this.#refuseDamage(batches)
      await sleep(clock, this.#options.random() * 3 * maxSyncMs)
      const isLate = this.#options.random.chance(0.5) && from < log.endOffset && this.#damaged.size === 0
      if (isLate && this.#log === log) return await log.read(from, options)
      return batches
    } catch (error) {
      if ((error as { code?: string }).code === 'LOG_CORRUPT')
        this.#options.reach[this.hasDamage ? 'corruptReads' : 'misdirectedReads'] += 1
      throw error
    }
  }

  #refuseDamage(batches: readonly Batch[]): void {
    for (const batch of batches) {
      for (const offset of this.#damaged) {
        if (offset < batch.baseOffset || offset >= nextOffset(batch)) continue
        const what = `the batch at ${batch.baseOffset} is damaged, and was read`
        this.#options.watch.onViolation(new Violation('damage is never served', what))
      }
    }
  }
}

/** Whether the node cannot go on without it. Nothing waits for the end of a cut. */
function isAwaited(change: Change): boolean {
  return !('deleteBefore' in change)
}
