import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import type { Address, Listener, RequestHandler } from '@quorate/transport'
import { formatAddress, parseAddress } from './address.ts'
import { listenError } from './errors.ts'
import type { ResolvedTcpOptions } from './options.ts'
import { ServerConnection } from './server-connection.ts'

/** Listens at `address`. @throws TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_INVALID */
export async function openListener(
  address: Address,
  handler: RequestHandler,
  options: ResolvedTcpOptions,
): Promise<Listener> {
  const { host, port } = parseAddress(address)
  const connections = new Set<ServerConnection>()
  const server = createServer((socket) => {
    const connection = new ServerConnection(socket, handler, options)
    connections.add(connection)
    void connection.gone.then(() => connections.delete(connection))
  })
  server.maxConnections = options.maxConnections
  await bound(server, host, port).catch((error: Error) => {
    throw listenError(address, error)
  })
  const { logger } = options
  server.on('error', (err) => logger.error({ err, address }, 'the listener cannot accept'))
  server.on('drop', (peer) => {
    logger.warn({ peer, maxConnections: options.maxConnections }, 'a connection over the limit was closed')
  })
  const chosen = server.address() as AddressInfo
  return new TcpListener(server, formatAddress({ host, port: chosen.port }), connections)
}

class TcpListener implements Listener {
  readonly address: Address
  readonly #server: Server
  readonly #connections: ReadonlySet<ServerConnection>
  #closed: Promise<void> | undefined

  constructor(server: Server, address: Address, connections: ReadonlySet<ServerConnection>) {
    this.#server = server
    this.address = address
    this.#connections = connections
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    await Promise.all([...this.#connections].map((connection) => connection.close()))
    await stopped
  }
}

function bound(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
