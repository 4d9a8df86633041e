import { type Batch, InvariantError, type Offset, type SnapshotInfo } from '@quorate/log'
import { EarliestTimer, silentLogger, systemClock, systemRandom } from '@quorate/transport'
import { unbundleAll } from '../bundle.ts'
import { Core, type StepTime } from '../core/core.ts'
import type { Effect } from '../core/effects.ts'
import type { Event } from '../core/events.ts'
import type { ReplicaProgress } from '../core/roles.ts'
import type { VoterHistoryStart } from '../core/voter-history.ts'
import { RaftError } from '../errors.ts'
import type { NamedVoter, NodeId, RaftRequest, RaftResponse, Voter } from '../messages.ts'
import type { Clock, Leadership, Logger } from '../ports.ts'
import type { Outcome, Proposal } from '../proposal.ts'
import { withoutHeaders } from '../proposals-in.ts'
import type { SessionId } from '../sessions/session-header.ts'
import type { RaftStatus, RoleChange } from '../status.ts'
import { BatchReader } from './batch-reader.ts'
import { Delivery } from './delivery.ts'
import { describeNode } from './describe-node.ts'
import { optionVoters, type RaftOptions, type ValidTuning } from './options.ts'
import type { ChangeVotersOptions, ProposeOptions, RaftNode, SubmitOptions } from './raft-node.ts'
import { FetchAnswers } from './fetch-answers.ts'
import { HeldEffects } from './held-effects.ts'
import { loadVoters } from './load-voters.ts'
import { LogWriter } from './log-writer.ts'
import { Outcomes } from './outcomes.ts'
import { NewestValue } from './newest-value.ts'
import { NodeSnapshots } from './node-snapshots.ts'
import { NodeMeter } from './node-meter.ts'
import { notLeader } from './not-leader.ts'
import { PendingReplies, shuttingDown } from './pending-replies.ts'
import { Peers } from './peers.ts'
import { PendingReads, PendingTransfer } from './pending-calls.ts'
import { PendingVoterChanges } from './pending-voter-changes.ts'
import { Proposer } from './proposer.ts'
import { raceSignal } from './race-signal.ts'
import { readIndex } from './read-index.ts'
import { Sessions } from './sessions.ts'
import { type StartPoint, startPoint } from './start-point.ts'
import { nameOf } from './stored-snapshots.ts'
import { TailCache } from './tail-cache.ts'
import { afterSending, Turn } from './turn.ts'
import type { MergedWrite } from './write-merger.ts'

/** Milliseconds a leader that closes waits for the others to hear its goodbye. */
const farewellMs = 500

/**
 * Performs the core's effects against the ports and reports what came of them.
 *
 * One event is handled at a time. What its effects cause while they are performed is queued behind them, so that the
 * order of effects is the order of decisions.
 */
export class RaftDriver implements RaftNode {
  readonly id: NodeId
  readonly failed: Promise<Error>
  readonly #options: RaftOptions
  readonly #tuning: ValidTuning
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #core: Core
  readonly #cache: TailCache
  readonly #reader: BatchReader
  readonly #delivery: Delivery
  readonly #effects: Effect[] = []
  #performing = false
  readonly #held = new HeldEffects()
  readonly #writer: LogWriter
  readonly #turn = new Turn(() => this.#endTurn())
  readonly #proposer: Proposer
  readonly #sessions = new Sessions()
  readonly #replies = new PendingReplies()
  readonly #fetchAnswers: FetchAnswers
  readonly #timer: EarliestTimer
  readonly #peers: Peers
  readonly #role: NewestValue<RoleChange>
  readonly #meter: NodeMeter | undefined
  #state: 'starting' | 'open' | 'closed' | 'failed' = 'starting'
  #resolveFailed!: (error: Error) => void
  #closing: Promise<void> | undefined
  readonly #reads = new PendingReads()
  readonly #transfer: PendingTransfer
  readonly #voterChanges = new PendingVoterChanges()
  readonly #outcomes: Outcomes
  readonly #snapshots: NodeSnapshots

  constructor(options: RaftOptions, tuning: ValidTuning) {
    const { log, stateMachine, random = systemRandom } = options
    this.id = options.id
    this.#options = options
    this.#tuning = tuning
    this.#clock = options.clock ?? systemClock
    this.#logger = options.logger ?? silentLogger
    this.failed = new Promise((resolve) => (this.#resolveFailed = resolve))
    this.#writer = new LogWriter(
      log,
      (id) => this.#onWritten(id),
      (error) => this.#fail(error),
    )
    this.#transfer = new PendingTransfer(this.#clock, 3 * tuning.electionTimeoutMs)
    const start = startPoint(log, options.snapshots)
    this.#cache = new TailCache(start.log.endOffset, tuning.tailCacheBytes)
    this.#reader = new BatchReader(log, this.#cache, tuning.fetchMaxBytes)
    this.#delivery = new Delivery({
      stateMachine,
      read: (from, to) => this.#reader.read(from, to),
      admit: (batches) => this.#admit(batches),
      onApplied: (bytes) => {
        this.#outcomes.applied()
        this.#snapshots.applied(bytes)
      },
      fail: (error) => this.#fail(error),
    })
    const { id, directoryId, clusterId, joins = false } = options
    const voters = optionVoters(options)
    const bootstrapVoters = joins ? [] : voters
    const contacts = voters.map((voter) => voter.id)
    const config = { ...tuning, id, directoryId, clusterId, isJoiner: joins, bootstrapVoters, contacts }
    const { hardState } = log
    const snapshot = start.candidates[0] && nameOf(start.candidates[0])
    this.#core = new Core({ config, hardState, log: start.log, snapshot, random }, this.#time())
    this.#outcomes = new Outcomes({
      clock: this.#clock,
      timeoutMs: tuning.outcomeTimeoutMs,
      appliedOffset: () => this.#delivery.appliedOffset,
      epochAt: (offset) => this.#core.epochAt(offset),
    })
    this.#proposer = new Proposer({
      core: this.#core,
      clock: this.#clock,
      tuning,
      cache: this.#cache,
      outcomes: this.#outcomes,
      sessions: this.#sessions,
      appliedOffset: () => this.#delivery.appliedOffset,
      assertLeads: () => this.#assertLeads(),
      append: (payload) => this.#step({ type: 'propose', payload }),
      onProposed: () => this.#turn.touch(),
    })
    this.#fetchAnswers = new FetchAnswers({
      core: this.#core,
      reader: this.#reader,
      replies: this.#replies,
      fail: (error) => this.#fail(error),
    })
    this.#timer = new EarliestTimer(this.#clock, () => this.#step({ type: 'tick' }))
    this.#peers = new Peers({
      id,
      transport: options.transport,
      logger: this.#logger,
      step: (event) => this.#step(event),
    })
    this.#role = new NewestValue(this.#roleNow())
    if (options.metrics !== undefined) this.#meter = new NodeMeter(options.metrics, this.#core, this.#clock)
    this.#snapshots = new NodeSnapshots({
      raft: options,
      tuning,
      clock: this.#clock,
      logger: this.#logger,
      core: this.#core,
      delivery: this.#delivery,
      sessions: this.#sessions.table,
      replies: this.#replies,
      step: (event) => this.#step(event),
      fail: (error) => this.#fail(error),
    })
    for (const voter of voters) this.#peers.meet(voter)
    this.#start(start, bootstrapVoters).catch((error: unknown) => this.#fail(error as Error))
  }

  get leadership(): Leadership {
    return { epoch: this.#core.epoch, leaderId: this.#core.leaderId }
  }

  get nextOffset(): Offset {
    return this.#proposer.nextOffset
  }

  propose(payload: Uint8Array, options: ProposeOptions = {}): Proposal {
    return this.#proposer.propose(payload, options)
  }

  submit(payload: Uint8Array, options: SubmitOptions = {}): Promise<Outcome> {
    return this.#proposer.submit(payload, options)
  }

  openSession({ signal }: { readonly signal?: AbortSignal } = {}): Promise<SessionId> {
    return this.#proposer.openSession(signal)
  }

  async read({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Offset> {
    this.#assertOpen()
    const offset = await raceSignal(this.#readIndex(), signal)
    await this.#delivery.applied(offset, signal)
    return offset
  }

  async applied(offset: Offset, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#assertOpen()
    await this.#delivery.applied(offset, signal)
  }

  async transferLeadership(to?: NodeId): Promise<NodeId> {
    this.#proposer.flush()
    this.#assertLeads()
    const others = this.#core.voterHistory.voters.map(({ id }) => id).filter((id) => id !== this.id)
    const successor = to ?? mostCaughtUp(this.#core.progress, others)
    if (successor === undefined || !others.includes(successor)) {
      throw new RaftError('RAFT_TRANSFER_FAILED', `node ${String(successor)} is not another voter`)
    }
    const transferred = this.#transfer.begin()
    this.#step({ type: 'transfer', to: successor })
    return transferred
  }

  addVoter(voter: NamedVoter, options: ChangeVotersOptions = {}): Promise<void> {
    return this.#changeVoters('add', voter, options)
  }

  removeVoter(voter: NamedVoter, options: ChangeVotersOptions = {}): Promise<void> {
    return this.#changeVoters('remove', voter, options)
  }

  roles({ signal }: { readonly signal?: AbortSignal } = {}): AsyncIterable<RoleChange> {
    return this.#role.read(signal)
  }

  async snapshot(): Promise<SnapshotInfo | undefined> {
    this.#assertOpen()
    return this.#snapshots.make()
  }

  resign(): void {
    if (this.#state === 'open') this.#step({ type: 'resign' })
  }

  status(): RaftStatus {
    const { appliedOffset } = this.#delivery
    return describeNode({ core: this.#core, options: this.#options, appliedOffset, nowMs: this.#clock.now() })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    if (this.#state === 'open' && this.#core.role === 'leader') {
      this.#step({ type: 'resign' })
      const patience = Promise.withResolvers<void>()
      const cancel = this.#clock.setTimer(farewellMs, patience.resolve)
      await Promise.race([this.#peers.heardFarewell(), patience.promise])
      cancel()
    }
    if (this.#state === 'open' || this.#state === 'starting') this.#state = 'closed'
    this.#stop()
    await this.#snapshots.close()
  }

  async #changeVoters(
    kind: 'add' | 'remove',
    voter: NamedVoter,
    { signal, timeoutMs = this.#tuning.voterChangeTimeoutMs }: ChangeVotersOptions,
  ): Promise<void> {
    signal?.throwIfAborted()
    this.#proposer.flush()
    this.#assertLeads()
    const request = { kind, voter, timeoutMs }
    await this.#voterChanges.request(request, (event) => this.#step(event), signal)
  }

  /** Committed batches of the log, as the state machine is to see them. */
  #admit(batches: readonly Batch[]): readonly Batch[] {
    const proposals = unbundleAll(batches)
    this.#sessions.apply(proposals)
    return withoutHeaders(proposals)
  }

  #assertOpen(): void {
    if (this.#state === 'closed') throw new RaftError('RAFT_CLOSED', 'the node was closed')
    if (this.#state === 'failed') throw new RaftError('RAFT_FAILED', 'the node stopped after a failure')
  }

  #assertLeads(): void {
    this.#assertOpen()
    const { role, leaderId, transferringTo } = this.#core
    if (role !== 'leader') throw notLeader(this.id, leaderId)
    if (transferringTo !== undefined) throw notLeader(this.id, transferringTo)
  }

  #readIndex(): Promise<Offset> {
    this.#proposer.flush()
    return readIndex({
      core: this.#core,
      reads: this.#reads,
      transport: this.#options.transport,
      clusterId: this.#options.clusterId,
      nodeId: this.id,
      timeoutMs: this.#tuning.requestTimeoutMs,
      stepRead: (readId) => this.#step({ type: 'read', readId }),
    })
  }

  #roleNow(): RoleChange {
    const { role, epoch, leaderId } = this.#core
    return { role, epoch, leaderId }
  }

  /** Tells those who follow the role, if it changed. */
  #tellRole(nowMs: number): void {
    const { role, epoch, leaderId } = this.#role.current
    const core = this.#core
    if (role === core.role && epoch === core.epoch && leaderId === core.leaderId) return
    this.#role.set(this.#roleNow())
    this.#meter?.roleChanged(nowMs)
  }

  /** Reads what the disk has, and begins: at once if that is nothing. */
  async #start(start: StartPoint, bootstrap: readonly Voter[]): Promise<void> {
    const loaded = start.candidates.length === 0 ? undefined : await this.#snapshots.load(start)
    const { voters } = loaded?.preamble ?? {}
    const base = { base: voters ?? bootstrap, isRecorded: voters !== undefined, records: [] }
    const from = loaded?.position.offset ?? 0
    await loadVoters(this.#options.log, from, base, (history) => this.#begin(history))
  }

  /** The state machine and the voters are what the disk says: now the node takes part. */
  #begin(voters: VoterHistoryStart): void {
    if (this.#state !== 'starting') return
    this.#state = 'open'
    this.#step({ type: 'begin', voters })
    this.#delivery.commit(this.#core.highWatermark)
    this.#peers.serve((request) => this.#serve(request))
    this.#snapshots.begin()
  }

  #time(): StepTime {
    return { now: this.#clock.now(), wallTime: this.#clock.wallTime() }
  }

  #step(event: Event): void {
    this.#proposer.flush()
    if (this.#state !== 'open') return
    try {
      const time = this.#time()
      this.#meter?.worked(time.now)
      this.#effects.push(...this.#core.step(event, time))
      this.#tellRole(time.now)
      this.#performAll()
    } catch (error) {
      this.#fail(error as Error)
    }
    if (this.#state === 'open') this.#timer.arm(this.#core.deadlineMs)
  }

  #performAll(): void {
    if (this.#performing) return
    this.#performing = true
    try {
      // The array grows while it is walked: effects may cause events, and those effects.
      for (const effect of this.#effects) {
        if (this.#state !== 'open') return
        this.#perform(effect)
      }
    } finally {
      this.#effects.length = 0
      this.#performing = false
      this.#turn.touch()
    }
  }

  /** Everything that this turn's events set off was decided: now it is written and sent together. */
  #endTurn(): void {
    this.#proposer.flush()
    if (this.#state !== 'open') return
    const answers = this.#fetchAnswers.flush()
    // The answers leave first: followers have the longer way to their disks.
    if (answers === 0) this.#writer.flush()
    else afterSending(() => this.#writer.flush())
    this.#meter?.turnEnded()
    if (this.#core.hasUntoldCommits) this.#step({ type: 'settled' })
  }

  #perform(effect: Effect): void {
    if (this.#held.hold(effect)) return
    switch (effect.type) {
      case 'write':
        return this.#write(effect)
      case 'request':
        return this.#peers.request(effect)
      case 'reply':
        return this.#replies.answer(effect.requestId, effect.response)
      case 'reply-batches':
        return this.#fetchAnswers.add(effect)
      case 'commit':
        this.#delivery.commit(effect.highWatermark)
        return this.#evict()
      case 'reply-chunk':
        return this.#snapshots.reply(effect)
      case 'receive-snapshot':
        return this.#snapshots.receive(effect.snapshotId)
      case 'store-chunk':
        return this.#snapshots.store(effect)
      case 'drop-received':
        return this.#snapshots.dropReceived()
      case 'install-snapshot':
        this.#cache.restart(effect.snapshot.endOffset)
        this.#writer.restart(effect.id, effect.snapshot, effect.historyEnd)
        return this.#snapshots.install(effect.snapshot)
      case 'read-index':
        return this.#reads.resolve(effect.readId, effect.offset)
      case 'read-failed':
        return this.#reads.reject(effect.readId, notLeader(this.id, this.#core.leaderId))
      case 'disk-stalled':
        return this.#logger.warn({ epoch: this.#core.epoch, reason: 'disk-stalled' }, 'giving up leadership')
      case 'transfer-taken-back':
        return this.#transfer.fail(`node ${effect.to} did not catch up in time`)
      case 'voters':
        for (const voter of effect.voters) this.#peers.meet(voter)
        return
      case 'voter-change':
        return this.#voterChanges.settle(effect.changeId, effect.outcome)
      case 'leadership':
        if (effect.leaderId !== undefined && effect.leaderId !== this.id)
          this.#transfer.succeed(effect.leaderId)
        this.#outcomes.leads(effect.epochStart === undefined ? undefined : effect.epoch)
        this.#sessions.leads(effect)
        this.#logger.info(
          { epoch: effect.epoch, leaderId: effect.leaderId, role: this.#core.role },
          'leadership',
        )
        return this.#delivery.leadership(effect, effect.epochStart)
    }
  }

  /** What is durable can be read again; what waits for a state machine that is not loading is about to be. */
  #evict(): void {
    const { appliedOffset, isReplacing } = this.#delivery
    const { durableEndOffset } = this.#core
    this.#cache.evict(isReplacing ? durableEndOffset : Math.min(durableEndOffset, appliedOffset))
  }

  #write({ id, write }: MergedWrite): void {
    if (write.truncateTo !== undefined) {
      this.#logger.warn({ endOffset: write.truncateTo }, 'cutting a suffix that another leader did not have')
      this.#cache.truncate(write.truncateTo)
    }
    if (write.batches !== undefined) {
      this.#cache.append(write.batches)
      this.#meter?.appended(write.batches)
    }
    this.#writer.write({ id, write })
  }

  #onWritten(id: number): void {
    this.#effects.push(...this.#held.release(id))
    this.#step({ type: 'written', id })
  }

  #serve(request: RaftRequest): Promise<RaftResponse> {
    if (this.#state !== 'open') return Promise.resolve(shuttingDown(request, this.#core))
    const { requestId, response } = this.#replies.add(request)
    this.#step({ type: 'request', requestId, request })
    return response
  }

  #fail(error: Error): void {
    if (this.#state === 'closed' || this.#state === 'failed') return
    const what = error instanceof InvariantError ? 'broken invariant' : 'failure'
    this.#logger.fatal({ err: error }, `node stops after a ${what}: ${error.message}`)
    this.#state = 'failed'
    this.#stop()
    this.#resolveFailed(error)
  }

  #stop(): void {
    this.#timer.cancel()
    this.#role.close()
    this.#meter?.stopped()
    this.#peers.stop()
    this.#replies.refuseAll(this.#core)
    this.#held.clear()
    this.#proposer.close()
    const code = this.#state === 'failed' ? 'RAFT_FAILED' : 'RAFT_CLOSED'
    const error = new RaftError(code, 'the node stopped')
    this.#reads.rejectAll(error)
    this.#delivery.close(error)
    this.#outcomes.close(error)
    this.#transfer.fail('the node stopped')
    void this.#snapshots.close()
    this.#voterChanges.rejectAll(error)
  }
}

/** The voter among `candidates` that holds the most of the log; one that never fetched does not count. */
function mostCaughtUp(
  progress: readonly ReplicaProgress[],
  candidates: readonly NodeId[],
): NodeId | undefined {
  const fetching = progress.filter(({ id }) => candidates.includes(id))
  return fetching.toSorted((a, b) => b.endOffset - a.endOffset)[0]?.id
}
