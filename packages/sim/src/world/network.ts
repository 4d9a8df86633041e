import {
  DeliveryError,
  type DeliveryFailure,
  type NodeId,
  type RaftRequest,
  type RaftRequestHandler,
  type RaftResponse,
  type RaftTransport,
} from '@quorate/raft'
import type { SeededRandom } from '../random.ts'
import type { Reach } from '../reach.ts'
import type { NodeClock } from './node-clock.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How bad the network is. */
export interface NetworkFaults {
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** Share of messages that take up to `stragglerDelayMs`. */
  readonly stragglerRate: number
  readonly stragglerDelayMs: number
  /** Share of messages lost, each way. */
  readonly lossRate: number
  /** Share of requests delivered twice. */
  readonly duplicationRate: number
  /** Share of the parts of snapshots in which a bit is wrong. */
  readonly corruptionRate: number
}

/** Watches what is said, at the moment it leaves its sender. */
interface NetworkWatch {
  onRequest(from: NodeId, to: NodeId, request: RaftRequest): void
  onResponse(from: NodeId, to: NodeId, request: RaftRequest, response: RaftResponse): void
  onDelivered(from: NodeId, to: NodeId, request: RaftRequest): void
  onLost(from: NodeId, to: NodeId): void
}

/** What a network is made with. */
export interface NetworkOptions {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly reach: Reach
  readonly watch: NetworkWatch
  readonly faults: NetworkFaults
}

interface Process {
  readonly clock: NodeClock
  handler: RaftRequestHandler | undefined
  /** Breaks the connections of requests that it has not answered yet. */
  readonly unanswered: Set<() => void>
  /** What it sent and has not arrived yet never does. */
  isForgotten: boolean
}

/** A network that loses, delays, repeats and reorders whole messages, and can be cut anywhere in either direction. */
export class SimulatedNetwork {
  faults: NetworkFaults
  readonly #options: NetworkOptions
  /** The living process of each node; what a dead one still tries to send goes nowhere. */
  readonly #processes = new Map<NodeId, Process>()
  /** Machines that are gone altogether: nobody there refuses a connection. */
  readonly #dark = new Set<NodeId>()
  readonly #blocked = new Set<number>()
  readonly #refusing = new Set<number>()

  constructor(options: NetworkOptions) {
    this.#options = options
    this.faults = options.faults
  }

  /** The transport of a new process of `self`. */
  transport(self: NodeId, clock: NodeClock): RaftTransport {
    const process: Process = { clock, handler: undefined, unanswered: new Set(), isForgotten: false }
    this.#processes.set(self, process)
    this.#dark.delete(self)
    return {
      request: (to, request, { timeoutMs }) => {
        if (this.#processes.get(self) !== process) return new Promise(() => undefined)
        return this.#request(self, process, to, request, timeoutMs)
      },
      serve: (handler) => {
        process.handler = handler
        return () => {
          if (process.handler === handler) process.handler = undefined
        }
      },
    }
  }

  /**
   * The process of `id` dies: it neither answers nor sends any more. Its machine tells those who wait for an answer,
   * unless with `dark` that is gone too.
   */
  kill(id: NodeId, dark: boolean): void {
    const process = this.#processes.get(id)
    this.#processes.delete(id)
    if (dark) this.#dark.add(id)
    else for (const breakOff of process?.unanswered ?? []) breakOff()
  }

  /** Requests of `id` that are under way are lost. Else a commit could count on a disk that was destroyed meanwhile. */
  forget(id: NodeId): void {
    const process = this.#processes.get(id)
    if (process !== undefined) process.isForgotten = true
  }

  /** Nothing goes from `from` to `to` until {@link heal}. */
  block(from: NodeId, to: NodeId): void {
    this.#blocked.add(linkOf(from, to))
  }

  /** As {@link block}, and whoever asks is told that nobody listens: as a firewall may answer for a process that lives. */
  refuse(from: NodeId, to: NodeId): void {
    this.block(from, to)
    this.#refusing.add(linkOf(from, to))
  }

  /** Breaks the connections of everyone who waits for an answer of `id`, whose process lives. */
  reset(id: NodeId): void {
    for (const breakOff of this.#processes.get(id)?.unanswered ?? []) breakOff()
  }

  /** Whether something can go from `from` to `to`. */
  isBlocked(from: NodeId, to: NodeId): boolean {
    return this.#blocked.has(linkOf(from, to))
  }

  heal(): void {
    this.#blocked.clear()
    this.#refusing.clear()
  }

  #request(
    from: NodeId,
    process: Process,
    to: NodeId,
    request: RaftRequest,
    timeoutMs: number,
  ): Promise<RaftResponse> {
    const { random, reach, watch } = this.#options
    return new Promise((resolve, reject) => {
      const fail = (reason: DeliveryFailure): void => reject(new DeliveryError(reason, reason))
      const cancel = process.clock.setTimer(timeoutMs, () => fail('timeout'))
      const settle = (outcome: () => void): void =>
        process.clock.enter(() => {
          cancel()
          outcome()
        })
      watch.onRequest(from, to, request)
      if (this.#refusing.has(linkOf(from, to))) {
        this.#options.time.setTimer(this.faults.minDelayMs, () => settle(() => fail('refused')))
        return
      }
      const isDuplicated = random.chance(this.faults.duplicationRate)
      if (isDuplicated) reach.messagesDuplicated += 1
      for (let copy = isDuplicated ? 2 : 1; copy > 0; copy -= 1) {
        this.#carry(from, to, () => {
          if (process.isForgotten) return
          const receiver = this.#processes.get(to)
          if (receiver?.handler === undefined) {
            if (!this.#dark.has(to)) this.#carry(to, from, () => settle(() => fail('refused')))
            return
          }
          receiver.clock.enter(() => {
            watch.onDelivered(from, to, request)
            this.#serve(from, to, receiver, request, (outcome) =>
              settle(outcome === undefined ? () => fail('disconnected') : () => resolve(outcome)),
            )
          })
        })
      }
    })
  }

  #serve(
    from: NodeId,
    to: NodeId,
    receiver: Process,
    request: RaftRequest,
    answer: (response: RaftResponse | undefined) => void,
  ): void {
    const breakOff = (): void => this.#carry(to, from, () => answer(undefined))
    receiver.unanswered.add(breakOff)
    void receiver.handler?.(request).then((response) => {
      receiver.unanswered.delete(breakOff)
      if (this.#processes.get(to) !== receiver) return
      this.#options.watch.onResponse(to, from, request, response)
      const arriving = this.#corrupted(response)
      this.#carry(to, from, () => answer(arriving))
    })
  }

  #corrupted(response: RaftResponse): RaftResponse {
    if (response.type !== 'fetch-snapshot' || response.chunk === undefined) return response
    const { random, reach } = this.#options
    if (!random.chance(this.faults.corruptionRate)) return response
    reach.corruptChunks += 1
    const bytes = Uint8Array.from(response.chunk.bytes)
    const position = random.upTo(bytes.length)
    bytes[position] = (bytes[position] ?? 0) ^ (1 << random.upTo(8))
    return { ...response, chunk: { ...response.chunk, bytes } }
  }

  #carry(from: NodeId, to: NodeId, arrive: () => void): void {
    const { minDelayMs, maxDelayMs, stragglerRate, stragglerDelayMs, lossRate } = this.faults
    const { time, random, reach, watch } = this.#options
    if (random.chance(lossRate)) {
      reach.messagesLost += 1
      return watch.onLost(from, to)
    }
    const slowestMs = random.chance(stragglerRate) ? stragglerDelayMs : maxDelayMs
    time.setTimer(random.between(minDelayMs, slowestMs), () => {
      if (!this.#blocked.has(linkOf(from, to))) return arrive()
      reach.messagesBlocked += 1
      watch.onLost(from, to)
    })
  }
}

function linkOf(from: NodeId, to: NodeId): number {
  return from * 1_000 + to
}
