import { type Batch, BatchAttribute, InvariantError, nextOffset, type Offset } from '@quorate/log'
import { type Cancel, silentLogger, systemClock, systemRandom } from '@quorate/transport'
import { encodeControlRecord } from '../core/control-records.ts'
import { Core, type StepTime } from '../core/core.ts'
import type { Effect } from '../core/effects.ts'
import type { Event } from '../core/events.ts'
import { RaftError } from '../errors.ts'
import type { FetchResponse, NodeId, RaftRequest, RaftResponse } from '../messages.ts'
import { type Clock, DeliveryError, type Leadership, type Logger, type Proposal } from '../ports.ts'
import type { RaftStatus } from '../status.ts'
import { Delivery } from './delivery.ts'
import type { RaftOptions, ValidTuning } from './options.ts'
import type { ProposeOptions, RaftNode } from './raft-node.ts'
import { TailCache } from './tail-cache.ts'
import { type MergedWrite, mergeWrites } from './write-merger.ts'

/** An effect that waits until a write is durable. */
interface Held {
  readonly after: number
  readonly effect: Effect
}

/** A request of another node that has no answer yet. */
interface PendingReply {
  readonly request: RaftRequest
  readonly resolve: (response: RaftResponse) => void
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
  readonly #delivery: Delivery
  readonly #stopServing: () => void
  readonly #effects: Effect[] = []
  #performing = false
  #held: Held[] = []
  #writes: MergedWrite[] = []
  #lastWritten = 0
  readonly #replies = new Map<number, PendingReply>()
  #nextRequestId = 1
  #timer: { readonly deadlineMs: number; readonly cancel: Cancel } | undefined
  #state: 'open' | 'closed' | 'failed' = 'open'
  #resolveFailed!: (error: Error) => void
  #closing: Promise<void> | undefined
  readonly #farewells = new Set<Promise<unknown>>()

  constructor(options: RaftOptions, tuning: ValidTuning) {
    const { log, stateMachine, transport, random = systemRandom } = options
    this.id = options.id
    this.#options = options
    this.#tuning = tuning
    this.#clock = options.clock ?? systemClock
    this.#logger = options.logger ?? silentLogger
    this.failed = new Promise((resolve) => (this.#resolveFailed = resolve))
    this.#cache = new TailCache(log.endOffset, tuning.tailCacheBytes)
    this.#delivery = new Delivery({
      stateMachine,
      startOffset: log.startOffset,
      read: (from, to) => this.#readCommitted(from, to),
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
    return this.#append(payload, options, 0)
  }

  proposeNoOp(): Proposal {
    return this.#append(encodeControlRecord({ type: 'no-op', version: 0 }), {}, BatchAttribute.control)
  }

  resign(): void {
    if (this.#state === 'open') this.#step({ type: 'resign' })
  }

  status(): RaftStatus {
    const core = this.#core
    const { voters, directoryId, clusterId, log } = this.#options
    const now = this.#clock.now()
    return {
      id: this.id,
      directoryId,
      clusterId,
      role: core.role,
      epoch: core.epoch,
      leaderId: core.leaderId,
      voters,
      startOffset: log.startOffset,
      endOffset: core.durableEndOffset,
      highWatermark: core.highWatermark,
      replicas: core.progress.map((replica) => ({
        id: replica.id,
        directoryId: replica.directoryId,
        voter: voters.includes(replica.id),
        endOffset: replica.endOffset,
        lag: core.endOffset - replica.endOffset,
        lastFetchAgoMs: now - replica.lastFetchMs,
        lastCaughtUpAgoMs: Number.isFinite(replica.lastCaughtUpMs) ? now - replica.lastCaughtUpMs : undefined,
      })),
    }
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

  #append(payload: Uint8Array, options: ProposeOptions, attributes: number): Proposal {
    const { count = 1, timestampMs = this.#clock.wallTime() } = options
    const core = this.#core
    if (this.#state === 'closed') throw new RaftError('RAFT_CLOSED', 'the node was closed')
    if (this.#state === 'failed') throw new RaftError('RAFT_FAILED', 'the node stopped after a failure')
    if (core.role !== 'leader') {
      const { leaderId } = core
      const whom = leaderId === undefined ? 'nobody is known to' : `node ${leaderId} does`
      throw new RaftError('RAFT_NOT_LEADER', `node ${this.id} does not lead, ${whom}`, { leaderId })
    }
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
      payload: { payload, count, attributes, timestampMs },
    })
    return proposal
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
        return this.#reply(effect.requestId, effect.response)
      case 'reply-batches':
        return this.#replyBatches(effect.requestId, effect.response, effect.from)
      case 'commit':
        this.#delivery.commit(effect.highWatermark)
        return this.#cache.evict(Math.min(this.#core.durableEndOffset, this.#delivery.appliedOffset))
      case 'leadership':
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
    // What is decided in one turn of the event loop goes to the log together.
    if (this.#writes.length === 0) queueMicrotask(() => this.#flushWrites())
    this.#writes.push({ id, write })
  }

  #flushWrites(): void {
    const writes = mergeWrites(this.#writes)
    this.#writes = []
    if (this.#state !== 'open') return
    for (const { id, write } of writes) {
      this.#options.log.write(write).then(
        () => this.#onWritten(id),
        (error: unknown) => this.#fail(error as Error),
      )
    }
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
    return new Promise((resolve) => {
      if (this.#state !== 'open') return resolve(this.#shuttingDown(request))
      const requestId = this.#nextRequestId
      this.#nextRequestId += 1
      this.#replies.set(requestId, { request, resolve })
      this.#step({ type: 'request', requestId, request })
    })
  }

  #reply(requestId: number, response: RaftResponse): void {
    this.#replies.get(requestId)?.resolve(response)
    this.#replies.delete(requestId)
  }

  #replyBatches(requestId: number, response: FetchResponse, from: Offset): void {
    const { fetchMaxBytes } = this.#tuning
    const cached = this.#cache.read(from, Infinity, fetchMaxBytes)
    if (cached !== undefined) return this.#reply(requestId, { ...response, batches: cached })
    this.#options.log.read(from, { maxBytes: fetchMaxBytes }).then(
      (batches) => {
        // While the disk was read this node may have lost its epoch, and the suffix it read with it.
        const stillLeads = this.#core.role === 'leader' && this.#core.epoch === response.epoch
        const { epoch, highWatermark } = this.#core
        const refusal: FetchResponse = {
          type: 'fetch',
          error: 'NOT_LEADER',
          epoch,
          highWatermark,
          batches: [],
        }
        this.#reply(requestId, stillLeads ? { ...response, batches } : refusal)
      },
      (error: unknown) => this.#fail(error as Error),
    )
  }

  #readCommitted(from: Offset, to: Offset): readonly Batch[] | Promise<readonly Batch[]> {
    const { fetchMaxBytes } = this.#tuning
    const cached = this.#cache.read(from, to, fetchMaxBytes)
    if (cached !== undefined) return cached
    return this.#options.log
      .read(from, { maxBytes: fetchMaxBytes })
      .then((batches) => batches.filter((batch) => nextOffset(batch) <= to))
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
    this.#delivery.close()
    for (const { request, resolve } of this.#replies.values()) resolve(this.#shuttingDown(request))
    this.#replies.clear()
    this.#held = []
  }

  #shuttingDown(request: RaftRequest): RaftResponse {
    const { epoch, highWatermark } = this.#core
    const refusal = { error: 'SHUTTING_DOWN', epoch } as const
    if (request.type === 'fetch') return { type: 'fetch', ...refusal, highWatermark, batches: [] }
    if (request.type === 'vote') return { type: 'vote', ...refusal, granted: false }
    return { type: request.type, ...refusal }
  }
}
