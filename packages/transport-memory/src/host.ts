import { TransportError } from '@quorate/transport'
import type { Address, Connection, Listener, RequestHandler, Transport } from '@quorate/transport'
import { ClientEnd, ServerEnd } from './connection.ts'
import type { Route } from './connection.ts'
import type { Links } from './links.ts'

/** What a host needs of the network around it. */
export interface Surroundings {
  readonly links: Links
  readonly maxFrameBytes: number
  readonly maxPendingRequests: number
  /** Connects to whoever listens at `address`. @throws see `Transport.connect` */
  dial(from: Host, address: Address, signal: AbortSignal | undefined): Promise<Connection>
  /** Makes `listener` the one that answers at its address. @throws TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_INVALID */
  bind(address: Address, listener: MemoryListener): Address
  unbind(listener: MemoryListener): void
}

/** One process on the network: everything that ends when it is killed. */
export class Host implements Transport {
  readonly name: string
  readonly #network: Surroundings
  readonly #listeners = new Set<MemoryListener>()
  readonly #connections = new Set<ClientEnd>()
  #dead = false

  constructor(name: string, network: Surroundings) {
    this.name = name
    this.#network = network
  }

  async listen(address: Address, handler: RequestHandler): Promise<Listener> {
    this.throwIfDead()
    const listener = new MemoryListener(this, this.#network, address, handler, () =>
      this.#listeners.delete(listener),
    )
    this.#listeners.add(listener)
    return listener
  }

  async connect(address: Address, options: { readonly signal?: AbortSignal } = {}): Promise<Connection> {
    options.signal?.throwIfAborted()
    this.throwIfDead()
    return this.#network.dial(this, address, options.signal)
  }

  /** Joins this host to `listener`, once it has heard that the other side accepts. */
  join(listener: MemoryListener): Connection {
    this.throwIfDead()
    const { links, maxFrameBytes, maxPendingRequests } = this.#network
    const route = {
      links,
      clientHost: this.name,
      serverHost: listener.host.name,
      address: listener.address,
      maxFrameBytes,
      maxPendingRequests,
    }
    const client = new ClientEnd(route, (end) => this.#connections.delete(end))
    client.join(listener.accept(route, client))
    this.#connections.add(client)
    return client
  }

  kill(): void {
    this.#dead = true
    for (const listener of this.#listeners) void listener.close()
    for (const connection of this.#connections) connection.hangUp(killed(this.name))
  }

  throwIfDead(): void {
    if (this.#dead) throw killed(this.name)
  }
}

/** Accepts connections at one address. */
export class MemoryListener implements Listener {
  readonly address: Address
  readonly host: Host
  readonly #network: Surroundings
  readonly #handler: RequestHandler
  readonly #onClose: () => void
  readonly #connections = new Set<ServerEnd>()
  #closed = false

  constructor(
    host: Host,
    network: Surroundings,
    address: Address,
    handler: RequestHandler,
    onClose: () => void,
  ) {
    this.host = host
    this.#network = network
    this.#handler = handler
    this.#onClose = onClose
    this.address = network.bind(address, this)
  }

  /** @throws TRANSPORT_REFUSED if it was closed in the meantime */
  accept(route: Route, client: ClientEnd): ServerEnd {
    if (this.#closed) throw new TransportError('TRANSPORT_REFUSED', `nobody listens at ${this.address}`)
    const end = new ServerEnd(route, client, this.#handler, (gone) => this.#connections.delete(gone))
    this.#connections.add(end)
    return end
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#network.unbind(this)
    this.#onClose()
    const reason = new TransportError('TRANSPORT_DISCONNECTED', `the listener at ${this.address} is closed`)
    for (const end of this.#connections) end.hangUp(reason)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function killed(name: string): TransportError {
  return new TransportError('TRANSPORT_CLOSED', `${name} was killed`)
}
