import { LogError, type SnapshotId, type SnapshotInfo } from '@quorate/log'
import type { Core } from '../core/core.ts'
import type { Effect } from '../core/effects.ts'
import type { Event } from '../core/events.ts'
import type { VoterHistoryStart } from '../core/voter-history.ts'
import { RaftError } from '../errors.ts'
import type { Clock, Logger } from '../ports.ts'
import type { SessionTable } from '../sessions/session-table.ts'
import type { SnapshotPreamble } from '../snapshots/preamble.ts'
import { beginning, type Delivery } from './delivery.ts'
import { type Loaded, loadNewest, type LoadOptions, loadSnapshot } from './load-snapshot.ts'
import type { RaftOptions, ValidTuning } from './options.ts'
import type { PendingReplies } from './pending-replies.ts'
import { SnapshotAnswers } from './snapshot-answers.ts'
import { SnapshotKeeper } from './snapshot-keeper.ts'
import { SnapshotReceiver } from './snapshot-receiver.ts'
import type { StartPoint } from './start-point.ts'
import { findSnapshot } from './stored-snapshots.ts'

/** What the snapshots of a node work with. */
export interface NodeSnapshotsOptions {
  readonly raft: RaftOptions
  readonly tuning: ValidTuning
  readonly clock: Clock
  readonly logger: Logger
  readonly core: Core
  readonly delivery: Delivery
  readonly sessions: SessionTable
  readonly replies: PendingReplies
  readonly step: (event: Event) => void
  readonly fail: (error: Error) => void
}

/** Everything that a node whose options name `snapshots` does with them. */
interface Parts {
  readonly keeper: SnapshotKeeper
  readonly receiver: SnapshotReceiver
  readonly loading: LoadOptions
}

/** The snapshots of one node: made, served, pulled, installed; or refused, where it keeps none. */
export class NodeSnapshots {
  readonly #options: NodeSnapshotsOptions
  readonly #answers: SnapshotAnswers
  readonly #parts: Parts | undefined
  readonly #stopped = new AbortController()

  constructor(options: NodeSnapshotsOptions) {
    this.#options = options
    const { raft, tuning, clock, core, replies, fail } = options
    const { snapshots } = raft
    // The follower asks for parts at least this often: see `chunkBytes` in core/snapshot-pull.ts.
    const holdMs = 2 * tuning.fetchTimeoutMs
    this.#answers = new SnapshotAnswers({ snapshots, core, replies, clock, holdMs, fail })
    this.#parts = this.#makeParts(options)
  }

  /** Has the state machine begin where the node does, and empties a log that an install left behind. */
  async load(start: StartPoint): Promise<Loaded> {
    const { delivery, raft, sessions } = this.#options
    const { loading } = this.#enabled()
    let loaded: Loaded = { position: beginning, preamble: {} }
    await delivery.replace(async () => {
      loaded = await loadNewest(loading, start)
      sessions.load(loaded.preamble.sessions ?? [])
      return loaded.position
    })
    const [newest] = start.candidates
    if (newest !== undefined && start.isLogBehind) await emptyLog(raft, newest)
    return loaded
  }

  /** The node takes part from now on. */
  begin(): void {
    const { core, delivery, step } = this.#options
    const { offset: endOffset, epoch } = delivery.position
    // The core took the newest snapshot for whole, and an older one had to stand in for it.
    const isOlder = endOffset > 0 && endOffset < (core.latestSnapshot?.endOffset ?? 0)
    if (isOlder)
      step({ type: 'snapshot-made', snapshotId: { endOffset, epoch }, oldest: { endOffset, epoch } })
    this.#parts?.keeper.begin()
  }

  /** The state machine was given so many bytes of the log. */
  applied(bytes: number): void {
    this.#parts?.keeper.applied(bytes)
  }

  reply(effect: Effect & { readonly type: 'reply-chunk' }): void {
    this.#answers.add(effect)
  }

  /** Prepares for a snapshot from the leader. @throws RAFT_SNAPSHOTS_DISABLED */
  receive(snapshotId: SnapshotId): void {
    this.#enabled().receiver.receive(snapshotId)
  }

  store({ chunk }: Effect & { readonly type: 'store-chunk' }): void {
    this.#enabled().receiver.store(chunk)
  }

  dropReceived(): void {
    this.#enabled().receiver.drop()
  }

  /** The log is being emptied in favour of a snapshot: the state machine loads it. */
  install(snapshot: SnapshotId): void {
    const { raft, delivery, sessions, fail, logger } = this.#options
    const { keeper, loading } = this.#enabled()
    const info = raft.snapshots === undefined ? undefined : findSnapshot(raft.snapshots, snapshot)
    if (info === undefined)
      return fail(new LogError('LOG_SNAPSHOT_NOT_FOUND', 'the snapshot to install is gone'))
    logger.info({ ...snapshot, bytes: info.bytes }, 'installing a snapshot of the leader')
    delivery
      .replace(async () => {
        const { position, preamble } = await loadSnapshot(loading, info)
        sessions.load(preamble.sessions ?? [])
        return position
      })
      .then(
        () => keeper.replaced(),
        (error: unknown) => fail(error as Error),
      )
  }

  /** @throws RAFT_SNAPSHOTS_DISABLED, and what {@link SnapshotKeeper.make} throws */
  async make(): Promise<SnapshotInfo | undefined> {
    const { keeper } = this.#enabled()
    await this.#options.delivery.replaced
    return keeper.make()
  }

  /** Stops at once what is under way; the promise is for whoever closes the ports next. */
  async close(): Promise<void> {
    this.#stopped.abort(new RaftError('RAFT_CLOSED', 'the node stopped'))
    const { keeper, receiver } = this.#parts ?? {}
    await Promise.all([keeper?.close(), receiver?.close(), this.#options.delivery.replaced])
  }

  #enabled(): Parts {
    if (this.#parts !== undefined) return this.#parts
    throw new RaftError(
      'RAFT_SNAPSHOTS_DISABLED',
      'the node was opened without `snapshots`, and cannot do without',
    )
  }

  #makeParts({
    raft,
    tuning,
    clock,
    logger,
    core,
    delivery,
    sessions,
    step,
    fail,
  }: NodeSnapshotsOptions): Parts | undefined {
    const { snapshots, stateMachine, log } = raft
    if (snapshots === undefined) return undefined
    const { signal } = this.#stopped
    const keeper = new SnapshotKeeper({
      snapshots,
      log,
      snapshot: () => stateMachine.snapshot?.() ?? [],
      clock,
      logger,
      intervalBytes: tuning.snapshotIntervalBytes,
      intervalMs: tuning.snapshotIntervalMs,
      retainCount: tuning.snapshotRetainCount,
      position: () => delivery.position,
      startOffset: () => core.startOffset,
      preamble: () => preambleOf(core.voterHistory.at(delivery.position.offset), sessions),
      isInUse: (snapshot) => this.#answers.isInUse(snapshot),
      onMade: (snapshotId, oldest) => step({ type: 'snapshot-made', snapshotId, oldest }),
      fail,
    })
    const load: LoadOptions['load'] = async (contents, snapshot) => stateMachine.load?.(contents, snapshot)
    return {
      keeper,
      receiver: new SnapshotReceiver({ snapshots, logger, step }),
      loading: { snapshots, load, logger, signal },
    }
  }
}

function preambleOf({ base, isRecorded }: VoterHistoryStart, sessions: SessionTable): SnapshotPreamble {
  return {
    ...(isRecorded ? { voters: base } : {}),
    ...(sessions.size > 0 ? { sessions: sessions.toData() } : {}),
  }
}

/** What an install that a crash interrupted had yet to do. */
async function emptyLog({ log }: RaftOptions, { endOffset, epoch }: SnapshotId): Promise<void> {
  if (log.endOffset > log.startOffset) await log.write({ truncateTo: log.startOffset })
  await log.reset(endOffset, epoch)
}
