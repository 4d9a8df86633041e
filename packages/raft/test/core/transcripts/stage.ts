import type { Batch, EpochStart, HardState, LogWrite } from '@quorate/log'
import type { CoreConfig } from '../../../src/core/config.ts'
import type { Effect } from '../../../src/core/effects.ts'
import type { Event } from '../../../src/core/events.ts'
import type { RaftRequest, RaftResponse } from '../../../src/messages.ts'
import type { DeliveryFailure } from '../../../src/ports.ts'
import { CoreHarness } from '../harness.ts'
import { describeAnswer, describeRequest, describeWrite, type Line } from './lines.ts'

/** What travels: a question, an answer, or the news that there will be none. */
interface Message {
  readonly from: number
  readonly to: number
  /** The requester's life and correlation id. */
  readonly life: number
  readonly correlationId: number
  readonly body:
    | { readonly request: RaftRequest }
    | { readonly response: RaftResponse }
    | { readonly failure: DeliveryFailure }
}

type Asked = Pick<Message, 'from' | 'life' | 'correlationId'>

/** A node: its disk stays, the rest goes with its process. */
interface Actor {
  readonly id: number
  life: number
  node: CoreHarness | undefined
  disk: { readonly batches: readonly Batch[]; readonly hardState: HardState | undefined }
  /** The log with what is not durable yet. */
  batches: readonly Batch[]
  writes: { readonly id: number; readonly write: LogWrite }[]
  held: Effect[]
  lastWritten: number
  /** Requests it has not answered, by the id its core knows them by. */
  readonly asked: Map<number, Asked>
  seen: string
}

/** Cores on stage: nothing moves unless the script says so, and everything they do becomes a line. */
export class Stage {
  readonly #actors = new Map<number, Actor>()
  readonly #voters: readonly number[]
  readonly #config: Partial<CoreConfig>
  readonly #isolated = new Set<number>()
  #messages: Message[] = []
  #nowMs = 0
  #requestId = 1_000
  #lines: Line[] = []

  constructor(voters: readonly number[], observers: readonly number[], config: Partial<CoreConfig>) {
    this.#voters = voters
    this.#config = config
    for (const id of [...voters, ...observers]) {
      const disk = { batches: [], hardState: undefined }
      const rest = { batches: [], writes: [], held: [], lastWritten: 0, asked: new Map(), seen: '' }
      this.#actors.set(id, { id, life: 0, node: undefined, disk, ...rest })
    }
    for (const id of this.#actors.keys()) this.start(id)
  }

  /** Milliseconds since the curtain rose. */
  get nowMs(): number {
    return this.#nowMs
  }

  get ids(): readonly number[] {
    return [...this.#actors.keys()]
  }

  /** What happened since the last call. */
  takeLines(): readonly Line[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }

  /** A process starts on the disk of `id`. */
  start(id: number): void {
    const actor = this.#actor(id)
    const { batches, hardState } = actor.disk
    const last = batches.at(-1)
    Object.assign(actor, { life: actor.life + 1, batches, writes: [], held: [], lastWritten: 0, seen: '' })
    actor.node = new CoreHarness({
      config: { id, directoryId: `d${id}`, contacts: this.#voters, ...this.#config },
      voters: this.#voters,
      ...(hardState === undefined ? {} : { hardState }),
      endOffset: last === undefined ? 0 : last.baseOffset + last.count,
      epochs: epochsOf(batches),
      // So that the first voter stands first, and nobody at the same time.
      random: () => (id % 10) / 10,
      nowMs: this.#nowMs,
    })
    this.#look(actor)
  }

  /** The process of `id` dies. What it was asked breaks off, and what was not durable is lost. */
  crash(id: number): void {
    const actor = this.#actor(id)
    actor.node = undefined
    this.#line({ node: id, event: 'crash' })
    for (const { from, life, correlationId } of actor.asked.values()) {
      this.#messages.push({ from: id, to: from, life, correlationId, body: { failure: 'disconnected' } })
    }
    actor.asked.clear()
  }

  /** Time passes up to what `id` waits for, and only it notices. */
  timeout(id: number): void {
    const deadlineMs = this.#actor(id).node?.core.deadlineMs ?? Infinity
    if (deadlineMs === Infinity) throw new Error(`node ${id} waits for nothing`)
    this.#nowMs = Math.max(this.#nowMs, deadlineMs)
    this.step(id, { type: 'tick' })
  }

  /** Time passes, and nobody notices yet. */
  wait(ms: number): void {
    this.#nowMs += ms
  }

  step(id: number, event: Event): void {
    const actor = this.#actor(id)
    if (actor.node === undefined) throw new Error(`node ${id} is not running`)
    actor.node.nowMs = this.#nowMs
    this.#perform(actor, actor.node.step(event))
  }

  /** The disk of `id` finishes what it was given. */
  finishWrites(id: number): boolean {
    const actor = this.#actor(id)
    const done = actor.writes
    const last = done.at(-1)
    if (last === undefined || actor.node === undefined) return false
    actor.writes = []
    for (const { write } of done) {
      actor.disk = {
        batches: applied(actor.disk.batches, write),
        hardState: write.hardState ?? actor.disk.hardState,
      }
    }
    actor.lastWritten = last.id
    this.#line({ node: id, event: 'durable', offset: endOf(actor.disk.batches) })
    const ready = actor.held.filter((effect) => 'after' in effect && effect.after <= last.id)
    actor.held = actor.held.filter((effect) => !ready.includes(effect))
    this.#perform(actor, ready)
    this.step(id, { type: 'written', id: last.id })
    return true
  }

  /** Lets the messages under way from `from` to `to` arrive, in order; without the two, all that are under way. */
  deliver(from?: number, to?: number): boolean {
    const due = this.#take(from, to)
    for (const message of due) this.#arrive(message)
    return due.length > 0
  }

  /** The messages under way from `from` to `to` come to nothing, for this reason. */
  fail(reason: DeliveryFailure, from: number, to: number): void {
    for (const message of this.#take(from, to)) this.#lose(message, reason)
  }

  /** From now on nothing gets to these nodes or away from them. */
  isolate(ids: readonly number[]): void {
    for (const id of ids) this.#isolated.add(id)
  }

  heal(): void {
    this.#isolated.clear()
  }

  /** Messages arrive and disks finish until there is nothing left to do but to wait. */
  settle(): void {
    for (let round = 0; round < 1_000; round += 1) {
      let isQuiet = !this.deliver()
      for (const id of this.ids) {
        if (this.finishWrites(id)) isQuiet = false
        const { node } = this.#actor(id)
        if (node?.core.hasUntoldCommits) {
          this.step(id, { type: 'settled' })
          isQuiet = false
        }
      }
      if (isQuiet) return
    }
    throw new Error('the stage does not come to rest')
  }

  /** Every node as it is now. */
  status(): void {
    for (const { id, node, disk } of this.#actors.values()) {
      if (node === undefined) {
        this.#line({ node: id, event: 'is', offset: endOf(disk.batches), detail: 'down' })
        continue
      }
      const { role, leaderId, epoch, endOffset, highWatermark } = node.core
      const detail = `${role}, committed to ${highWatermark}`
      this.#line({ node: id, event: 'is', peer: leaderId, epoch, offset: endOffset, detail })
    }
  }

  #take(from: number | undefined, to: number | undefined): Message[] {
    const isMeant = (message: Message): boolean =>
      (from === undefined || message.from === from) && (to === undefined || message.to === to)
    const taken = this.#messages.filter(isMeant)
    this.#messages = this.#messages.filter((message) => !isMeant(message))
    return taken
  }

  #arrive(message: Message): void {
    const { from, to, life, correlationId, body } = message
    if (this.#isolated.has(from) || this.#isolated.has(to)) return this.#lose(message, 'timeout')
    const receiver = this.#actor(to)
    if ('request' in body) {
      if (receiver.node === undefined) return this.#lose(message, 'refused')
      this.#requestId += 1
      receiver.asked.set(this.#requestId, { from, life, correlationId })
      this.step(to, { type: 'request', requestId: this.#requestId, request: body.request })
      return
    }
    if (receiver.node === undefined || receiver.life !== life) return
    if ('response' in body) this.step(to, { type: 'response', correlationId, response: body.response })
    else this.#failed(to, from, correlationId, body.failure)
  }

  #lose({ from, to, life, correlationId, body }: Message, reason: DeliveryFailure): void {
    const requester = this.#actor('request' in body ? from : to)
    const other = 'request' in body ? to : from
    if (requester.node !== undefined && requester.life === life) {
      this.#failed(requester.id, other, correlationId, reason)
    }
  }

  #failed(id: number, peer: number, correlationId: number, reason: DeliveryFailure): void {
    this.#line({ node: id, event: 'failed', peer, detail: reason })
    this.step(id, { type: 'failure', correlationId, reason })
  }

  #perform(actor: Actor, effects: readonly Effect[]): void {
    this.#look(actor)
    for (const effect of effects) this.#effect(actor, effect)
  }

  #effect(actor: Actor, effect: Effect): void {
    const { id } = actor
    if ('after' in effect && effect.after > actor.lastWritten) {
      actor.held.push(effect)
      return
    }
    switch (effect.type) {
      case 'write':
        actor.writes.push({ id: effect.id, write: effect.write })
        actor.batches = applied(actor.batches, effect.write)
        return this.#line({ node: id, event: 'write', ...describeWrite(effect.write) })
      case 'request': {
        const { to, correlationId, request } = effect
        this.#line({ node: id, event: 'send', peer: to, ...describeRequest(request) })
        this.#messages.push({ from: id, to, life: actor.life, correlationId, body: { request } })
        return
      }
      case 'reply':
        return this.#answer(actor, effect.requestId, effect.response)
      case 'reply-batches': {
        const batches = actor.batches.filter(({ baseOffset }) => baseOffset >= effect.from)
        return this.#answer(actor, effect.requestId, { ...effect.response, batches })
      }
      case 'commit':
        return this.#line({ node: id, event: 'commit', offset: effect.highWatermark })
      case 'read-index':
        return this.#line({
          node: id,
          event: 'read',
          offset: effect.offset,
          detail: `${effect.readId} may go ahead`,
        })
      case 'read-failed':
        return this.#line({ node: id, event: 'read', detail: `${effect.readId} failed` })
      case 'leadership':
        return
      default:
        return this.#line({ node: id, event: 'says', detail: effect.type })
    }
  }

  #answer(actor: Actor, requestId: number, response: RaftResponse): void {
    const asked = actor.asked.get(requestId)
    actor.asked.delete(requestId)
    if (asked === undefined) return
    const { from: to, life, correlationId } = asked
    this.#line({ node: actor.id, event: 'answer', peer: to, ...describeAnswer(response) })
    this.#messages.push({ from: actor.id, to, life, correlationId, body: { response } })
  }

  /** Tells of the role, if it is another than it was. */
  #look({ id, node, seen }: Actor): void {
    if (node === undefined) return
    const { role, epoch, leaderId, endOffset } = node.core
    const now = `${role} ${epoch} ${leaderId ?? ''}`
    if (now === seen) return
    this.#actor(id).seen = now
    this.#line({ node: id, event: 'role', peer: leaderId, epoch, offset: endOffset, detail: role })
  }

  #actor(id: number): Actor {
    const actor = this.#actors.get(id)
    if (actor === undefined) throw new Error(`there is no node ${id}`)
    return actor
  }

  #line(line: Line): void {
    this.#lines.push(line)
  }
}

function applied(batches: readonly Batch[], write: LogWrite): readonly Batch[] {
  const { truncateTo = Infinity } = write
  return [...batches.filter(({ baseOffset }) => baseOffset < truncateTo), ...(write.batches ?? [])]
}

function endOf(batches: readonly Batch[]): number {
  const last = batches.at(-1)
  return last === undefined ? 0 : last.baseOffset + last.count
}

function epochsOf(batches: readonly Batch[]): EpochStart[] {
  const epochs: EpochStart[] = []
  for (const { epoch, baseOffset } of batches) {
    if (epochs.at(-1)?.epoch !== epoch) epochs.push({ epoch, startOffset: baseOffset })
  }
  return epochs
}
