import type { Clock, Random } from '@quorate/transport'
import {
  DeliveryError,
  type DeliveryFailure,
  type NodeId,
  type RaftRequest,
  type RaftRequestHandler,
  type RaftResponse,
  type RaftTransport,
} from '../../src/index.ts'

/** How bad the network is. */
export interface NetworkFaults {
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** Share of messages lost, each way. */
  readonly lossRate: number
  /** Share of requests delivered twice. */
  readonly duplicationRate: number
  /** Share of messages whose sender dies right after sending: the moment at which forgetting something hurts most. */
  readonly senderDeathRate: number
}

/** A network that loses, delays, repeats and reorders whole messages, and can be cut anywhere in either direction. */
export class SimulatedNetwork {
  faults: NetworkFaults
  /** Called for a node that shall die now. */
  onSenderDeath: (id: NodeId) => void = () => undefined
  readonly #clock: Clock
  readonly #random: Random
  readonly #handlers = new Map<NodeId, RaftRequestHandler>()
  readonly #blocked = new Set<string>()
  /** The living process of each node; what a dead one still tries to send goes nowhere. */
  readonly #processes = new Map<NodeId, symbol>()

  constructor(clock: Clock, random: Random, faults: NetworkFaults) {
    this.#clock = clock
    this.#random = random
    this.faults = faults
  }

  /** The transport of a new process of `self`. */
  transport(self: NodeId): RaftTransport {
    const process = Symbol(`process of ${self}`)
    this.#processes.set(self, process)
    return {
      request: (to, request, { timeoutMs }) => {
        if (this.#processes.get(self) !== process) return new Promise(() => undefined)
        return this.#request(self, to, request, timeoutMs)
      },
      serve: (handler) => {
        this.#handlers.set(self, handler)
        return () => {
          if (this.#handlers.get(self) === handler) this.#handlers.delete(self)
        }
      },
    }
  }

  /** The process of `id` dies: it neither answers nor sends any more. */
  kill(id: NodeId): void {
    this.#processes.delete(id)
    this.#handlers.delete(id)
  }

  block(from: NodeId, to: NodeId): void {
    this.#blocked.add(`${from}>${to}`)
  }

  heal(): void {
    this.#blocked.clear()
  }

  #request(from: NodeId, to: NodeId, request: RaftRequest, timeoutMs: number): Promise<RaftResponse> {
    return new Promise((resolve, reject) => {
      const fail = (reason: DeliveryFailure): void => reject(new DeliveryError(reason, reason))
      this.#clock.setTimer(timeoutMs, () => fail('timeout'))
      const copies = this.#random() < this.faults.duplicationRate ? 2 : 1
      for (let copy = 0; copy < copies; copy += 1) {
        this.#deliver(from, to, () => {
          const handler = this.#handlers.get(to)
          if (handler === undefined) return this.#deliver(to, from, () => fail('refused'))
          void handler(request).then((response) => {
            // A process that died before its answer left takes the connection with it.
            const isAlive = this.#handlers.get(to) === handler
            this.#deliver(to, from, () => (isAlive ? resolve(response) : fail('disconnected')))
          })
        })
      }
    })
  }

  #deliver(from: NodeId, to: NodeId, arrive: () => void): void {
    const { minDelayMs, maxDelayMs, lossRate, senderDeathRate } = this.faults
    if (this.#random() < senderDeathRate) this.#clock.setTimer(0, () => this.onSenderDeath(from))
    if (this.#random() < lossRate) return
    const delayMs = minDelayMs + this.#random() * (maxDelayMs - minDelayMs)
    this.#clock.setTimer(delayMs, () => {
      if (!this.#blocked.has(`${from}>${to}`)) arrive()
    })
  }
}
