import { TransportError } from '../errors.ts'
import type { Address, RequestContext, RequestHandler } from '../transport.ts'

/** What {@link IncomingRequests} needs of its connection. */
export interface IncomingRequestsOptions {
  readonly remoteAddress: Address
  readonly handler: RequestHandler
  /** Sends the answer to request `id`. What it throws goes to `fail`. */
  readonly respond: (id: number, frame: Uint8Array) => void
  /** The handler rejected, or its answer cannot be sent: the connection has to be closed. */
  readonly fail: (error: Error) => void
  /** A handler settled, and what came of it was passed on: {@link IncomingRequests.running} has gone down. */
  readonly settled?: () => void
}

/**
 * The requests of one connection that are being answered: what every transport needs on the side that listened.
 */
export class IncomingRequests {
  readonly #options: IncomingRequestsOptions
  readonly #calls = new Map<number, Call>()
  #running = 0

  constructor(options: IncomingRequestsOptions) {
    this.#options = options
  }

  /** Handlers that have not settled yet, also those whose caller gave up. */
  get running(): number {
    return this.#running
  }

  /** Request `id` arrived: runs the handler. An id that is in use already is the peer's mistake and fails. */
  accept(id: number, frame: Uint8Array): void {
    const { remoteAddress, fail } = this.#options
    if (this.#calls.has(id)) {
      return fail(new TransportError('TRANSPORT_PROTOCOL', `request ${id} of ${remoteAddress} came twice`))
    }
    const call = new Call(remoteAddress)
    this.#calls.set(id, call)
    this.#running++
    void this.#run(id, frame, call)
  }

  /** Nobody waits for the answer to request `id` any more: aborts its signal. */
  cancel(id: number): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    call?.abort(new TransportError('TRANSPORT_DISCONNECTED', 'the caller gave up'))
  }

  /** Nobody waits for any answer any more. */
  cancelAll(reason: Error): void {
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const call of calls) call.abort(reason)
  }

  async #run(id: number, frame: Uint8Array, call: Call): Promise<void> {
    const { handler, respond, fail, settled } = this.#options
    let outcome: () => void
    try {
      const response = await handler(frame, call)
      outcome = () => respond(id, response)
    } catch (error) {
      outcome = () => fail(asError(error))
    }
    this.#running--
    // Once nobody waits, answering is pointless and rejecting is how a handler stops.
    if (this.#calls.get(id) === call) {
      this.#calls.delete(id)
      try {
        outcome()
      } catch (error) {
        fail(asError(error))
      }
    }
    settled?.()
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** What a handler is told. The signal is made when somebody asks for it: most handlers never do. */
class Call implements RequestContext {
  readonly remoteAddress: Address
  #controller: AbortController | undefined
  #reason: Error | undefined

  constructor(remoteAddress: Address) {
    this.remoteAddress = remoteAddress
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}
