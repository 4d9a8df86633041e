import { PendingRequests, TransportError } from '@quorate/transport'
import type { Address, CancelSignal, Connection } from '@quorate/transport'
import { connect } from 'node:net'
import { Channel, type ChannelEvents } from './channel.ts'
import type { HostAndPort } from './address.ts'
import { connectError } from './errors.ts'
import { FrameKind } from './frame.ts'
import type { ResolvedTcpOptions } from './options.ts'

const EMPTY = new Uint8Array(0)
const RECEIVE_BYTES = 128 * 1024

/**
 * Connects to `to`; resolves once the peer has proved to speak the protocol.
 *
 * @throws TRANSPORT_REFUSED, TRANSPORT_UNREACHABLE, TRANSPORT_PROTOCOL, or the reason of `signal`
 */
export async function openConnection(
  to: HostAndPort,
  address: Address,
  options: ResolvedTcpOptions,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const connection = new ClientConnection(to, address, options)
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

  constructor(to: HostAndPort, address: Address, options: ResolvedTcpOptions) {
    this.remoteAddress = address
    this.#pending = new PendingRequests(options.maxPendingRequests)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    // Answers can be large, and every buffer of its own that they arrive in brings the next collection of garbage nearer.
    const buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES)
    const callback = (bytes: number): boolean => {
      this.#channel.receive(buffer.subarray(0, bytes))
      return true
    }
    const socket = connect({ ...to, onread: { buffer, callback } })
    const events: ChannelEvents = {
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
    }
    this.#channel = new Channel(socket, address, options, events, true)
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
