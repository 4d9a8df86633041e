import type { Batch, EpochStart, HardState, LogWrite } from '@quorate/log'
import type { StepTime } from '../../src/core/core.ts'
import type { Effect } from '../../src/core/effects.ts'
import type { Event } from '../../src/core/events.ts'
import type { ReplicaStart } from '../../src/core/replica.ts'
import type { VoterHistoryStart } from '../../src/core/voter-history.ts'
import type { RaftRequest, RaftResponse } from '../../src/messages.ts'
import { clone, config, fingerprint, type OpenCore, shiftTime } from './open-core.ts'

/** A message on its way. `life` is its requester's: answers to an earlier life arrive nowhere. */
export interface Message {
  readonly from: number
  readonly to: number
  readonly life: number
  readonly correlationId: number
  readonly body: { readonly request: RaftRequest } | { readonly response: RaftResponse }
}

/** What can happen to one node. */
export type NodeEvent =
  | { readonly type: 'time passes' }
  | { readonly type: 'disk writes' }
  | { readonly type: 'crash' }
  | { readonly type: 'propose' }
  | { readonly type: 'deliver'; readonly message: Message }
  | { readonly type: 'lose'; readonly message: Message }

type MakeCore = (start: ReplicaStart, time: StepTime) => OpenCore

interface Pending {
  readonly id: number
  readonly write: LogWrite
}

const now: StepTime = { now: 0, wallTime: 0 }

/** Requests that one node can have under way. */
const maxCorrelationId = 31

/** The voters that every node's log began with. */
const founders: VoterHistoryStart = {
  base: [1, 2, 3].map((id) => ({ id, directoryId: `d${id}` })),
  isRecorded: true,
  records: [],
}

/** One node with its disk and the driver's part: what waits for the disk, and what a crash takes along. */
export class NodeModel {
  readonly id: number
  core: OpenCore
  life = 0
  /** The log with what is not durable yet. */
  batches: Batch[] = []
  disk: { batches: Batch[]; hardState: HardState | undefined } = { batches: [], hardState: undefined }
  pending: Pending[] = []
  held: Effect[] = []
  lastWritten = 0

  constructor(id: number, core: OpenCore) {
    this.id = id
    this.core = core
  }

  /** A node on an empty disk. */
  static create(id: number, makeCore: MakeCore): NodeModel {
    return new NodeModel(id, begun(makeCore, startOf(id, { batches: [], hardState: undefined })))
  }

  /** Equal for nodes that can never behave differently. */
  get fingerprint(): string {
    const { core, life, batches, disk, pending, held, lastWritten } = this
    return fingerprint([core, life, batches, disk, pending, held, lastWritten])
  }

  clone(): NodeModel {
    const copy = new NodeModel(this.id, clone(this.core))
    copy.life = this.life
    copy.lastWritten = this.lastWritten
    // Only ever replaced or extended, never changed in depth.
    copy.batches = this.batches
    copy.disk = this.disk
    copy.pending = [...this.pending]
    copy.held = [...this.held]
    return copy
  }

  /** Whether time can do anything to it. */
  get hasDeadline(): boolean {
    return Number.isFinite(this.core.deadlineMs)
  }

  /** Lets `event` happen. @returns what the node says */
  perform(event: NodeEvent, makeCore: MakeCore): Message[] {
    const said: Message[] = []
    switch (event.type) {
      case 'time passes': {
        const ms = Math.max(0, this.core.deadlineMs)
        shiftTime(this.core, ms)
        this.#step({ type: 'tick' }, said)
        break
      }
      case 'disk writes':
        this.#finishWrite(said)
        break
      case 'crash':
        this.#crash(makeCore)
        break
      case 'propose':
        this.#step(
          {
            type: 'propose',
            payload: { payload: new Uint8Array(1), count: 1, attributes: 0, timestampMs: 0 },
          },
          said,
        )
        break
      case 'deliver':
        this.#deliver(event.message, said)
        break
      case 'lose':
        if (event.message.life === this.life) {
          this.#step({ type: 'failure', correlationId: event.message.correlationId, reason: 'timeout' }, said)
        }
    }
    this.#normalize()
    return said
  }

  #deliver({ from, life, correlationId, body }: Message, said: Message[]): void {
    if ('response' in body) {
      if (life === this.life) this.#step({ type: 'response', correlationId, response: body.response }, said)
      return
    }
    const requestId = (from * 8 + life) * 32 + correlationId
    this.#step({ type: 'request', requestId, request: body.request }, said)
  }

  #step(event: Event, said: Message[]): void {
    for (const effect of this.core.step(event, now)) this.#effect(effect, said)
  }

  #effect(effect: Effect, said: Message[]): void {
    if ('after' in effect && effect.after > this.lastWritten) {
      this.held.push(effect)
      return
    }
    switch (effect.type) {
      case 'write':
        this.pending.push({ id: effect.id, write: effect.write })
        this.batches = applied(this.batches, effect.write)
        return
      case 'request': {
        const { to, correlationId, request } = effect
        said.push({ from: this.id, to, life: this.life, correlationId, body: { request } })
        return
      }
      case 'reply':
        said.push(this.#answer(effect.requestId, effect.response))
        return
      case 'reply-batches': {
        const batches = this.batches.filter(({ baseOffset }) => baseOffset >= effect.from)
        said.push(this.#answer(effect.requestId, { ...effect.response, batches }))
      }
    }
  }

  #answer(requestId: number, response: RaftResponse): Message {
    const requester = Math.floor(requestId / 32)
    return {
      from: this.id,
      to: Math.floor(requester / 8),
      life: requester % 8,
      correlationId: requestId % 32,
      body: { response },
    }
  }

  #finishWrite(said: Message[]): void {
    const done = this.pending.shift()
    if (done === undefined) return
    const { id, write } = done
    this.disk = {
      batches: applied(this.disk.batches, write),
      hardState: write.hardState ?? this.disk.hardState,
    }
    this.lastWritten = id
    const ready = this.held.filter((effect) => 'after' in effect && effect.after <= id)
    this.held = this.held.filter((effect) => !ready.includes(effect))
    for (const effect of ready) this.#effect(effect, said)
    this.#step({ type: 'written', id }, said)
  }

  #crash(makeCore: MakeCore): void {
    this.life += 1
    this.batches = [...this.disk.batches]
    this.pending = []
    this.held = []
    this.lastWritten = 0
    this.core = begun(makeCore, startOf(this.id, this.disk))
  }

  /** Numbers that only have to differ are made small again, so that going round in a circle ends where it began. */
  #normalize(): void {
    const replica = this.core['_replica'] as {
      lostElections: number
      _nextCorrelationId: number
      _hardStateWrite: number
      readonly _sent: Map<number, unknown>
      readonly log: { _lastWriteId: number; _lastWritten: number }
    }
    // Only the length of pauses depends on it, and time is free here.
    replica.lostElections = 0
    replica._nextCorrelationId = Math.max(0, ...replica._sent.keys()) + 1
    if (replica._nextCorrelationId > maxCorrelationId) throw new RangeError('too many requests are under way')
    if (this.pending.length > 0) return
    replica.log._lastWriteId = 0
    replica.log._lastWritten = 0
    replica._hardStateWrite = 0
    this.lastWritten = 0
  }
}

function begun(makeCore: MakeCore, start: ReplicaStart): OpenCore {
  const core = makeCore(start, now)
  core.step({ type: 'begin', voters: founders }, now)
  return core
}

function applied(batches: readonly Batch[], write: LogWrite): Batch[] {
  const { truncateTo = Infinity } = write
  return [...batches.filter(({ baseOffset }) => baseOffset < truncateTo), ...(write.batches ?? [])]
}

function startOf(
  id: number,
  disk: { readonly batches: readonly Batch[]; readonly hardState: HardState | undefined },
): ReplicaStart {
  const epochs: EpochStart[] = []
  for (const { epoch, baseOffset } of disk.batches) {
    if (epochs.at(-1)?.epoch !== epoch) epochs.push({ epoch, startOffset: baseOffset })
  }
  return {
    config: { ...config, id, directoryId: `d${id}` },
    hardState: disk.hardState,
    log: { startOffset: 0, endOffset: disk.batches.length, epochs },
    random: () => 0.5,
  }
}
