import type { Effect } from '../core/effects.ts'
import type { Event } from '../core/events.ts'
import type { NodeId, RaftRequest, RaftResponse, Voter } from '../messages.ts'
import { DeliveryError, type Logger, type RaftRequestHandler, type RaftTransport } from '../ports.ts'

/** What talking to the other nodes takes. */
export interface PeersOptions {
  readonly id: NodeId
  readonly transport: RaftTransport
  readonly logger: Logger
  /** Takes what came of a request. */
  readonly step: (event: Event) => void
}

/** The other nodes: sends what the core asks of them, tells it of every answer or its absence, and remembers where they are. */
export class Peers {
  readonly #options: PeersOptions
  readonly #farewells = new Set<Promise<unknown>>()
  #stopServing: () => void = () => undefined

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /** Sends a request; a `response` or `failure` event follows. */
  request({ correlationId, to, request, timeoutMs }: Effect & { readonly type: 'request' }): void {
    const { transport, logger, step } = this.#options
    const answered = transport.request(to, request, { timeoutMs }).then(
      (response) => {
        this.#meetLeader(response)
        step({ type: 'response', correlationId, response })
      },
      (error: unknown) => {
        const reason = error instanceof DeliveryError ? error.reason : 'unreachable'
        logger.debug({ to, request: request.type, reason }, 'no answer')
        step({ type: 'failure', correlationId, reason })
      },
    )
    if (request.type !== 'end-quorum-epoch') return
    this.#farewells.add(answered)
    void answered.finally(() => this.#farewells.delete(answered))
  }

  /** From now on `handler` answers what others ask, until {@link stop}. */
  serve(handler: RaftRequestHandler): void {
    this.#stopServing = this.#options.transport.serve((request) => {
      this.#meetAnnounced(request)
      return handler(request)
    })
  }

  /** A voter is reached there. */
  meet({ id, endpoints }: Pick<Voter, 'id' | 'endpoints'>): void {
    if (endpoints !== undefined && id !== this.#options.id) this.#options.transport.meet?.(id, endpoints)
  }

  /** Resolves when every goodbye was answered, or could not be delivered. */
  async heardFarewell(): Promise<void> {
    await Promise.all(this.#farewells)
  }

  stop(): void {
    this.#stopServing()
  }

  #meetLeader({ leaderId, leaderEndpoints: endpoints }: RaftResponse): void {
    if (leaderId !== undefined && endpoints !== undefined) this.meet({ id: leaderId, endpoints })
  }

  #meetAnnounced(request: RaftRequest): void {
    if (request.type !== 'begin-quorum-epoch' || request.leaderEndpoints === undefined) return
    this.meet({ id: request.leaderId, endpoints: request.leaderEndpoints })
  }
}
