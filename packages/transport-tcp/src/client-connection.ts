import { PendingRequests, TransportError } from '@quorate/transport'
import type { Address, CancelSignal, Connection } from '@quorate/transport'
import type { Socket } from 'node:net'
import { Channel } from './channel.ts'
import { connectError } from './errors.ts'
import { FrameKind } from './frame.ts'
import type { ResolvedTcpOptions } from './options.ts'

const EMPTY = new Uint8Array(0)

/**
 * Makes a connection of a socket that is connecting, once the peer has proved to speak the protocol.
 *
 * @throws TRANSPORT_REFUSED, TRANSPORT_UNREACHABLE, TRANSPORT_PROTOCOL, or the reason of `signal`
 */
export async function openConnection(
  socket: Socket,
  address: Address,
  options: ResolvedTcpOptions,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const connection = new ClientConnection(socket, address, options)
  const timeoutMs = options.connectTimeoutMs
  const abort = (): void => connection.abandon(signal?.reason as Error)
  const cancelTimer = options.clock.setTimer(timeoutMs, () =>
    connection.abandon(
      new TransportError('TRANSPORT_UNREACHABLE', `no word from ${address} within ${timeoutMs} ms`),
    ),
  )
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await connection.ready
    return connection
  } finally {
    cancelTimer()
    signal?.removeEventListener('abort', abort)
  }
}

class ClientConnection implements Connection {
  readonly remoteAddress: Address
  readonly closed: Promise<Error | undefined>
  /** Resolves when the peer's preamble was right, rejects with the errors of `Transport.connect`. */
  readonly ready: Promise<void>
  readonly #channel: Channel
  readonly #pending: PendingRequests
  #reason: Error | undefined

  constructor(socket: Socket, address: Address, options: ResolvedTcpOptions) {
    this.remoteAddress = address
    this.#pending = new PendingRequests(options.maxPendingRequests)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    this.#channel = new Channel(socket, address, options, {
      onReady: resolve,
      onFrame: (kind, id, payload) => this.#receive(kind, id, payload),
      onEnd: (reason) => {
        this.#reason = reason
        this.#pending.rejectAll(
          new TransportError('TRANSPORT_DISCONNECTED', `the connection to ${address} is gone`, {
            cause: reason,
          }),
        )
        // Without effect once the connection was ready.
        reject(
          connectError(address, reason ?? new TransportError('TRANSPORT_CLOSED', 'closed while connecting')),
        )
      },
    })
    socket.once('connect', () => this.#channel.greet())
    this.closed = this.#channel.gone.then(() => this.#reason)
  }

  async request(frame: Uint8Array, options: { readonly signal?: CancelSignal } = {}): Promise<Uint8Array> {
    if (this.#channel.ended)
      throw new TransportError('TRANSPORT_CLOSED', `no connection to ${this.remoteAddress}`)
    return this.#pending.wait(
      (id) => this.#channel.send(FrameKind.request, id, frame),
      (id) => this.#cancel(id),
      options.signal,
    )
  }

  /** Gives up connecting. */
  abandon(reason: Error): void {
    this.#channel.fail(reason)
  }

  close(): Promise<void> {
    return this.#channel.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #receive(kind: FrameKind, id: number, payload: Uint8Array): void {
    if (kind === FrameKind.response) return this.#pending.resolve(id, payload)
    this.#channel.fail(
      new TransportError('TRANSPORT_PROTOCOL', `${this.remoteAddress} sent a frame of kind ${kind}`),
    )
  }

  #cancel(id: number): void {
    try {
      if (!this.#channel.ended) this.#channel.send(FrameKind.cancel, id, EMPTY)
    } catch {
      // The queue is full. The peer answers a request nobody waits for, which is only a waste.
    }
  }
}
