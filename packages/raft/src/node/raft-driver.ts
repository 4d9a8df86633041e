import { type Epoch, InvariantError, type Offset } from '@quorate/log'
import { type Cancel, silentLogger, systemClock, systemRandom } from '@quorate/transport'
import { Core, type StepTime } from '../core/core.ts'
import type { Effect } from '../core/effects.ts'
import type { Event } from '../core/events.ts'
import type { ReplicaProgress } from '../core/roles.ts'
import { RaftError } from '../errors.ts'
import type { FetchResponse, NodeId, RaftRequest, RaftResponse } from '../messages.ts'
import { type Clock, DeliveryError, type Leadership, type Logger, type Proposal } from '../ports.ts'
import type { RaftStatus } from '../status.ts'
import { BatchReader } from './batch-reader.ts'
import { Delivery } from './delivery.ts'
import { describeNode } from './describe-node.ts'
import type { RaftOptions, ValidTuning } from './options.ts'
import type { ProposeOptions, RaftNode } from './raft-node.ts'
import { LogWriter } from './log-writer.ts'
import { PendingReplies, shuttingDown } from './pending-replies.ts'
import { PendingReads, PendingTransfer } from './pending-calls.ts'
import { raceSignal } from './race-signal.ts'
import { TailCache } from './tail-cache.ts'
import type { MergedWrite } from './write-merger.ts'

/** An effect that waits until a write is durable. */
interface Held {
  readonly after: number
  readonly effect: Effect
}

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
  readonly #stopServing: () => void
  readonly #effects: Effect[] = []
  #performing = false
  #held: Held[] = []
  readonly #writer: LogWriter
  #lastWritten = 0
  readonly #replies = new PendingReplies()
  #timer: { readonly deadlineMs: number; readonly cancel: Cancel } | undefined
  #state: 'open' | 'closed' | 'failed' = 'open'
  #resolveFailed!: (error: Error) => void
  #closing: Promise<void> | undefined
  readonly #reads = new PendingReads()
  readonly #transfer: PendingTransfer
  readonly #farewells = new Set<Promise<unknown>>()

  constructor(options: RaftOptions, tuning: ValidTuning) {
    const { log, stateMachine, transport, random = systemRandom } = options
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
    this.#cache = new TailCache(log.endOffset, tuning.tailCacheBytes)
    this.#reader = new BatchReader(log, this.#cache, tuning.fetchMaxBytes)
    this.#delivery = new Delivery({
      stateMachine,
      startOffset: log.startOffset,
      read: (from, to) => this.#reader.read(from, to),
      fail: (error) => this.#fail(error),
    })
    const { id, directoryId, clusterId, voters } = options
    const config = { ...tuning, id, directoryId, clusterId, voters }
    this.#core = new Core({ config, hardState: log.hardState, log, random }, this.#time())
    this.#stopServing = transport.serve((request) => this.#serve(request))
    this.#arm()
  }

  get leadership(): Leadership {
    return { epoch: this.#core.epoch, leaderId: this.#core.leaderId }
  }

  get nextOffset(): Offset {
    return this.#core.endOffset
  }

  propose(payload: Uint8Array, options: ProposeOptions = {}): Proposal {
    if (payload.byteLength > this.#tuning.maxBatchBytes) {
      throw new RaftError(
        'RAFT_BATCH_TOO_LARGE',
        `a batch of ${payload.byteLength} bytes is over maxBatchBytes, ${this.#tuning.maxBatchBytes}`,
        { bytes: payload.byteLength, maxBatchBytes: this.#tuning.maxBatchBytes },
      )
    }
    return this.#append(payload, options)
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
    this.#assertLeads()
    const others = this.#options.voters.filter((id) => id !== this.id)
    const successor = to ?? mostCaughtUp(this.#core.progress, others)
    if (successor === undefined || !others.includes(successor)) {
      throw new RaftError('RAFT_TRANSFER_FAILED', `node ${String(successor)} is not another voter`)
    }
    const transferred = this.#transfer.begin()
    this.#step({ type: 'transfer', to: successor })
    return transferred
  }

  resign(): void {
    if (this.#state === 'open') this.#step({ type: 'resign' })
  }

  status(): RaftStatus {
    return describeNode(this.#core, this.#options, this.#clock.now())
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
      await Promise.race([Promise.all(this.#farewells), patience.promise])
      cancel()
    }
    if (this.#state === 'open') this.#state = 'closed'
    this.#stop()
  }

  #append(payload: Uint8Array, options: ProposeOptions): Proposal {
    const { count = 1, timestampMs = this.#clock.wallTime() } = options
    const core = this.#core
    this.#assertLeads()
    const uncommittedBytes = this.#cache.bytesFrom(core.highWatermark)
    if (uncommittedBytes + payload.byteLength > this.#tuning.maxUncommittedBytes) {
      throw new RaftError('RAFT_OVERLOADED', `${uncommittedBytes} bytes wait to be committed; retry later`, {
        uncommittedBytes,
      })
    }
    const baseOffset = core.endOffset
    const proposal = { epoch: core.epoch, baseOffset, lastOffset: baseOffset + count - 1 }
    this.#step({
      type: 'propose',
      payload: { payload, count, attributes: 0, timestampMs },
    })
    return proposal
  }

  #assertOpen(): void {
    if (this.#state === 'closed') throw new RaftError('RAFT_CLOSED', 'the node was closed')
    if (this.#state === 'failed') throw new RaftError('RAFT_FAILED', 'the node stopped after a failure')
  }

  #assertLeads(): void {
    this.#assertOpen()
    const { role, leaderId, transferringTo } = this.#core
    if (role !== 'leader') throw this.#notLeader(leaderId)
    if (transferringTo !== undefined) throw this.#notLeader(transferringTo)
  }

  #notLeader(leaderId: NodeId | undefined): RaftError {
    const whom = leaderId === undefined ? 'nobody is known to' : `node ${leaderId} does`
    return new RaftError('RAFT_NOT_LEADER', `node ${this.id} does not lead, ${whom}`, { leaderId })
  }

  #readIndex(): Promise<Offset> {
    const { role, leaderId, epoch } = this.#core
    if (role === 'leader') {
      const { readId, index } = this.#reads.add()
      this.#step({ type: 'read', readId })
      return index
    }
    if (leaderId === undefined) throw this.#notLeader(undefined)
    return this.#askForReadIndex(leaderId, epoch)
  }

  async #askForReadIndex(leaderId: NodeId, epoch: Epoch): Promise<Offset> {
    const { transport, clusterId } = this.#options
    const timeoutMs = this.#tuning.requestTimeoutMs
    const request = { type: 'read-index', clusterId, epoch } as const
    const response = await transport.request(leaderId, request, { timeoutMs }).catch((cause: unknown) => {
      const message = `node ${leaderId}, the leader, did not answer`
      throw new RaftError('RAFT_LEADER_UNREACHABLE', message, { leaderId }, { cause })
    })
    if (response.type !== 'read-index' || response.error !== undefined)
      throw this.#notLeader(response.leaderId)
    return response.offset
  }

  #time(): StepTime {
    return { now: this.#clock.now(), wallTime: this.#clock.wallTime() }
  }

  #step(event: Event): void {
    if (this.#state !== 'open') return
    try {
      this.#effects.push(...this.#core.step(event, this.#time()))
      this.#performAll()
    } catch (error) {
      this.#fail(error as Error)
    }
    this.#arm()
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
    }
  }

  #perform(effect: Effect): void {
    const mustWait = 'after' in effect && effect.after > this.#lastWritten
    if (mustWait) {
      this.#held.push({ after: effect.after, effect })
      return
    }
    switch (effect.type) {
      case 'write':
        return this.#write(effect)
      case 'request':
        return this.#request(effect.correlationId, effect.to, effect.request, effect.timeoutMs)
      case 'reply':
        return this.#replies.answer(effect.requestId, effect.response)
      case 'reply-batches':
        return this.#replyBatches(effect.requestId, effect.response, effect.from)
      case 'commit':
        this.#delivery.commit(effect.highWatermark)
        return this.#cache.evict(Math.min(this.#core.durableEndOffset, this.#delivery.appliedOffset))
      case 'read-index':
        return this.#reads.resolve(effect.readId, effect.offset)
      case 'read-failed':
        return this.#reads.reject(effect.readId, this.#notLeader(this.#core.leaderId))
      case 'transfer-taken-back':
        return this.#transfer.fail(`node ${effect.to} did not catch up in time`)
      case 'leadership':
        if (effect.leaderId !== undefined && effect.leaderId !== this.id)
          this.#transfer.succeed(effect.leaderId)
        this.#logger.info(
          { epoch: effect.epoch, leaderId: effect.leaderId, role: this.#core.role },
          'leadership',
        )
        return this.#delivery.leadership(effect, effect.epochStart)
    }
  }

  #write({ id, write }: MergedWrite): void {
    if (write.truncateTo !== undefined) {
      this.#logger.warn({ endOffset: write.truncateTo }, 'cutting a suffix that another leader did not have')
      this.#cache.truncate(write.truncateTo)
    }
    if (write.batches !== undefined) this.#cache.append(write.batches)
    this.#writer.write({ id, write })
  }

  #onWritten(id: number): void {
    this.#lastWritten = id
    const ready = this.#held.filter((held) => held.after <= id)
    if (ready.length > 0) {
      this.#held = this.#held.filter((held) => held.after > id)
      this.#effects.push(...ready.map((held) => held.effect))
    }
    this.#step({ type: 'written', id })
  }

  #request(correlationId: number, to: NodeId, request: RaftRequest, timeoutMs: number): void {
    const answered = this.#options.transport.request(to, request, { timeoutMs }).then(
      (response) => this.#step({ type: 'response', correlationId, response }),
      (error: unknown) => {
        const reason = error instanceof DeliveryError ? error.reason : 'unreachable'
        this.#logger.debug({ to, request: request.type, reason }, 'no answer')
        this.#step({ type: 'failure', correlationId, reason })
      },
    )
    if (request.type === 'end-quorum-epoch') {
      this.#farewells.add(answered)
      void answered.finally(() => this.#farewells.delete(answered))
    }
  }

  #serve(request: RaftRequest): Promise<RaftResponse> {
    if (this.#state !== 'open') return Promise.resolve(shuttingDown(request, this.#core))
    const { requestId, response } = this.#replies.add(request)
    this.#step({ type: 'request', requestId, request })
    return response
  }

  #replyBatches(requestId: number, response: FetchResponse, from: Offset): void {
    const batches = this.#reader.read(from, Infinity)
    if (!(batches instanceof Promise)) return this.#replies.answer(requestId, { ...response, batches })
    batches.then(
      (batches) => {
        // While the disk was read this node may have lost its epoch, and the suffix it read with it.
        const stillLeads = this.#core.role === 'leader' && this.#core.epoch === response.epoch
        // The epoch it lost is durable; the one it is in now may not be yet.
        const { epoch, highWatermark } = response
        const refusal: FetchResponse = {
          type: 'fetch',
          error: 'NOT_LEADER',
          epoch,
          highWatermark,
          batches: [],
        }
        this.#replies.answer(requestId, stillLeads ? { ...response, batches } : refusal)
      },
      (error: unknown) => this.#fail(error as Error),
    )
  }

  /** Sets the timer for the core's next deadline. One that fires too early costs less than setting it at every step. */
  #arm(): void {
    const { deadlineMs } = this.#core
    if (this.#state !== 'open' || deadlineMs === Infinity) return
    if (this.#timer !== undefined && this.#timer.deadlineMs <= deadlineMs) return
    this.#timer?.cancel()
    const delayMs = Math.max(0, Math.ceil(deadlineMs - this.#clock.now()))
    const cancel = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined
      this.#step({ type: 'tick' })
    })
    this.#timer = { deadlineMs, cancel }
  }

  #fail(error: Error): void {
    if (this.#state !== 'open') return
    const what = error instanceof InvariantError ? 'broken invariant' : 'failure'
    this.#logger.fatal({ err: error }, `node stops after a ${what}: ${error.message}`)
    this.#state = 'failed'
    this.#stop()
    this.#resolveFailed(error)
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#stopServing()
    this.#writer.close()
    this.#replies.refuseAll(this.#core)
    this.#held = []
    const code = this.#state === 'failed' ? 'RAFT_FAILED' : 'RAFT_CLOSED'
    const error = new RaftError(code, 'the node stopped')
    this.#reads.rejectAll(error)
    this.#delivery.close(error)
    this.#transfer.fail('the node stopped')
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
