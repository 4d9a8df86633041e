import { IncomingRequests, PendingRequests, TransportError } from '@quorate/transport'
import type { Address, CancelSignal, Connection, RequestHandler } from '@quorate/transport'
import type { Links } from './links.ts'

/** What both ends of a connection know. */
export interface Route {
  readonly links: Links
  readonly clientHost: string
  readonly serverHost: string
  readonly address: Address
  readonly maxFrameBytes: number
  readonly maxPendingRequests: number
}

/** The end that sends requests. */
export class ClientEnd implements Connection {
  readonly remoteAddress: Address
  readonly closed: Promise<Error | undefined>
  readonly #route: Route
  readonly #pending: PendingRequests
  readonly #resolveClosed: (reason: Error | undefined) => void
  readonly #onGone: (end: ClientEnd) => void
  readonly #reset = (): void => this.#breakBoth()
  #peer: ServerEnd | undefined
  #gone = false

  constructor(route: Route, onGone: (end: ClientEnd) => void) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.remoteAddress = route.address
    this.#route = route
    this.#pending = new PendingRequests(route.maxPendingRequests)
    this.#onGone = onGone
  }

  /** Joins the two ends. Called once, before anything else. */
  join(peer: ServerEnd): void {
    this.#peer = peer
  }

  async request(frame: Uint8Array, options: { readonly signal?: CancelSignal } = {}): Promise<Uint8Array> {
    if (this.#gone) throw new TransportError('TRANSPORT_CLOSED', `no connection to ${this.remoteAddress}`)
    checkFrame(frame, this.#route.maxFrameBytes)
    return this.#pending.wait(
      (id) => {
        // The handler owns what it gets, and the caller may reuse what it gave: so they must not be the same bytes.
        const copy = new Uint8Array(frame)
        this.#send(() => this.#peer?.receive(id, copy))
      },
      (id) => this.#send(() => this.#peer?.cancel(id)),
      options.signal,
    )
  }

  receive(id: number, frame: Uint8Array): void {
    this.#pending.resolve(id, frame)
  }

  /** This end is gone from now on. The other one does not know yet. */
  end(reason: Error | undefined): void {
    if (this.#gone) return
    this.#gone = true
    this.#pending.rejectAll(
      new TransportError('TRANSPORT_DISCONNECTED', `the connection to ${this.remoteAddress} is gone`, {
        cause: reason,
      }),
    )
    this.#onGone(this)
    this.#resolveClosed(reason)
  }

  /** Ends this side and lets the other one know, if the links allow. */
  hangUp(reason: Error | undefined): void {
    if (this.#gone) return
    this.end(reason)
    this.#send(() => this.#peer?.end(disconnected(this.#route.clientHost)))
  }

  async close(): Promise<void> {
    this.hangUp(undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #send(deliver: () => void): void {
    const { links, clientHost, serverHost } = this.#route
    links.carry(clientHost, serverHost, deliver, this.#reset)
  }

  #breakBoth(): void {
    this.#peer?.end(disconnected(this.#route.clientHost))
    this.end(disconnected(this.#route.serverHost))
  }
}

/** The end that answers. */
export class ServerEnd {
  readonly #route: Route
  readonly #incoming: IncomingRequests
  readonly #client: ClientEnd
  readonly #onGone: (end: ServerEnd) => void
  readonly #reset = (): void => {
    this.end(disconnected(this.#route.clientHost))
    this.#client.end(disconnected(this.#route.serverHost))
  }
  #gone = false

  constructor(route: Route, client: ClientEnd, handler: RequestHandler, onGone: (end: ServerEnd) => void) {
    this.#route = route
    this.#client = client
    this.#onGone = onGone
    this.#incoming = new IncomingRequests({
      remoteAddress: route.clientHost,
      handler,
      respond: (id, frame) => {
        checkFrame(frame, route.maxFrameBytes)
        // A view, so that a Buffer arrives as what every other transport delivers. Nobody but the caller uses the bytes.
        const view = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength)
        this.#send(() => client.receive(id, view))
      },
      fail: (error) => this.hangUp(error),
    })
  }

  receive(id: number, frame: Uint8Array): void {
    if (this.#gone) return this.#send(() => this.#client.end(disconnected(this.#route.serverHost)))
    this.#incoming.accept(id, frame)
  }

  cancel(id: number): void {
    this.#incoming.cancel(id)
  }

  /** This end is gone from now on. The other one does not know yet. */
  end(reason: Error): void {
    if (this.#gone) return
    this.#gone = true
    this.#onGone(this)
    this.#incoming.cancelAll(reason)
  }

  /** Ends this side and lets the other one know, if the links allow. */
  hangUp(reason: Error): void {
    if (this.#gone) return
    this.end(reason)
    this.#send(() => this.#client.end(disconnected(this.#route.serverHost)))
  }

  #send(deliver: () => void): void {
    const { links, clientHost, serverHost } = this.#route
    links.carry(serverHost, clientHost, deliver, this.#reset)
  }
}

function checkFrame(frame: Uint8Array, maxFrameBytes: number): void {
  if (frame.byteLength <= maxFrameBytes) return
  throw new TransportError(
    'TRANSPORT_FRAME_TOO_LARGE',
    `a frame of ${frame.byteLength} bytes is over the limit of ${maxFrameBytes}`,
  )
}

function disconnected(host: string): TransportError {
  return new TransportError('TRANSPORT_DISCONNECTED', `${host} broke the connection`)
}
