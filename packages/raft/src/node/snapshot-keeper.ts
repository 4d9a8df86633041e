import { assertInvariant, type Offset, type RaftLog, type SnapshotId, type SnapshotInfo } from '@quorate/log'
import type { Snapshots } from '@quorate/log'
import { RaftError } from '../errors.ts'
import type { Cancel, Clock, Logger, StateMachine } from '../ports.ts'
import { encodePreamble, type SnapshotPreamble } from '../snapshots/preamble.ts'
import type { Position } from './delivery.ts'
import { inBlocks } from './in-blocks.ts'
import { createSnapshot, findSnapshot, nameOf } from './stored-snapshots.ts'

/** Bytes that are written to a snapshot at once, at least. */
const blockBytes = 65_536

/** What keeping snapshots takes. */
export interface SnapshotKeeperOptions {
  readonly snapshots: Snapshots
  readonly log: RaftLog
  readonly snapshot: NonNullable<StateMachine['snapshot']>
  readonly clock: Clock
  readonly logger: Logger
  readonly intervalBytes: number
  readonly intervalMs: number
  readonly retainCount: number
  /** How far the state machine is. */
  readonly position: () => Position
  /** Where the log begins, as the core sees it. */
  readonly startOffset: () => Offset
  /** What Raft keeps in a snapshot that is made now. */
  readonly preamble: () => SnapshotPreamble
  /** Whether a follower is pulling it. */
  readonly isInUse: (snapshot: SnapshotId) => boolean
  /** A snapshot is durable; `oldest` is the first of those that are kept, and the log is cut there next. */
  readonly onMade: (snapshotId: SnapshotId, oldest: SnapshotId) => void
  /** The log could not be cut. */
  readonly fail: (error: Error) => void
}

/**
 * Makes snapshots: after so many bytes of the log, after so much time, or when asked.
 *
 * The order is: snapshot durable, the core told of it, older snapshots deleted, log cut where the oldest one that is
 * kept ends. So at every moment the log begins at or before the end of a snapshot that is whole. What fails before the
 * log is cut costs only this snapshot: the next interval brings another attempt.
 */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions
  #bytesSince = 0
  #making: Promise<SnapshotInfo> | undefined
  #cancelTimer: Cancel | undefined
  #closed = false

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options
  }

  /** Begins to watch the time. */
  begin(): void {
    const { clock, intervalMs } = this.#options
    this.#cancelTimer = clock.setTimer(intervalMs, () => {
      this.#makeUnasked()
      this.begin()
    })
  }

  /** The state machine was given so many bytes more of the log, and is not doing anything. */
  applied(bytes: number): void {
    this.#bytesSince += bytes
    if (this.#bytesSince >= this.#options.intervalBytes) this.#makeUnasked()
  }

  /** The state was replaced by a snapshot: nothing of the log came since. */
  replaced(): void {
    this.#bytesSince = 0
  }

  /**
   * A snapshot of everything that is applied now, or of more; the last one if nothing came since.
   *
   * @returns when it is durable and the log is cut; `undefined` if nothing was ever applied
   * @throws what the state machine's iteration throws, LOG_SNAPSHOT_TOO_LARGE, LOG_IO, LOG_CLOSED
   */
  async make(): Promise<SnapshotInfo | undefined> {
    // The one that is being made may be older than the call.
    while (this.#making !== undefined) await this.#making.catch(() => undefined)
    const position = this.#options.position()
    if (position.offset === 0) return undefined
    return this.#existing(position) ?? this.#begin(position)
  }

  /** Begins no other snapshot and gives up the one under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelTimer?.()
    await this.#making?.catch(() => undefined)
  }

  #makeUnasked(): void {
    const position = this.#options.position()
    if (this.#closed || this.#making !== undefined || position.offset === 0) return
    if (this.#existing(position) !== undefined) return
    this.#begin(position).catch((error: unknown) => {
      if (!this.#closed) this.#options.logger.error({ err: error, ...position }, 'no snapshot was made')
    })
  }

  #existing({ offset, epoch }: Position): SnapshotInfo | undefined {
    return findSnapshot(this.#options.snapshots, { endOffset: offset, epoch })
  }

  /** The state machine is asked in this very turn, so that the state is that of `position`. */
  #begin(position: Position): Promise<SnapshotInfo> {
    const { snapshot, preamble } = this.#options
    this.#bytesSince = 0
    const making = this.#write(position, encodePreamble(preamble()), snapshot())
    this.#making = making
    return making.finally(() => {
      this.#making = undefined
    })
  }

  async #write(
    { offset, epoch, timestampMs }: Position,
    preamble: Uint8Array,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<SnapshotInfo> {
    const { snapshots, logger } = this.#options
    const writer = await createSnapshot(snapshots, { endOffset: offset, epoch, timestampMs })
    try {
      await writer.write(preamble)
      for await (const block of inBlocks(pieces, blockBytes)) {
        if (this.#closed) throw new RaftError('RAFT_CLOSED', 'the node stopped')
        await writer.write(block)
      }
      const made = await writer.finish()
      logger.info({ endOffset: offset, epoch, bytes: made.bytes }, 'made a snapshot')
      await this.#retain(made)
      return made
    } finally {
      await writer.close()
    }
  }

  /** Drops the snapshots that are too many, and the log before the oldest one that is left. */
  async #retain(made: SnapshotInfo): Promise<void> {
    const { snapshots, log, isInUse, onMade, position, startOffset, retainCount, fail } = this.#options
    // A snapshot from the leader may have overtaken this one, or may be there without being installed.
    const applied = snapshots.all.filter(({ endOffset }) => endOffset <= position().offset)
    const useful = applied.filter(({ endOffset }) => endOffset >= startOffset())
    const newest = new Set(useful.slice(-retainCount))
    const kept = useful.filter((snapshot) => newest.has(snapshot) || isInUse(snapshot))
    const [oldest] = kept
    const latest = kept.at(-1)
    if (this.#closed || oldest === undefined || latest === undefined) return
    assertInvariant(latest.endOffset >= made.endOffset, 'a snapshot that was just made is kept')
    onMade(nameOf(latest), nameOf(oldest))
    for (const snapshot of applied) if (!kept.includes(snapshot)) await snapshots.delete(snapshot)
    await log.deleteBefore(oldest.endOffset).catch((error: unknown) => fail(error as Error))
  }
}
