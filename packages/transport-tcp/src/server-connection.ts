import { IncomingRequests, TransportError } from '@quorate/transport'
import type { Address, RequestHandler } from '@quorate/transport'
import type { Socket } from 'node:net'
import { formatAddress } from './address.ts'
import { Channel } from './channel.ts'
import { disconnected } from './errors.ts'
import { FrameKind } from './frame.ts'
import type { ResolvedTcpOptions } from './options.ts'

/** A connection that was accepted. */
export class ServerConnection {
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>
  readonly #channel: Channel
  readonly #options: ResolvedTcpOptions
  readonly #incoming: IncomingRequests

  constructor(socket: Socket, handler: RequestHandler, options: ResolvedTcpOptions) {
    const remoteAddress = formatAddress({
      host: socket.remoteAddress ?? 'unknown',
      port: socket.remotePort ?? 0,
    })
    this.#options = options
    this.#incoming = new IncomingRequests({
      remoteAddress,
      handler,
      respond: (id, frame) => this.#channel.send(FrameKind.response, id, frame),
      fail: (error) => this.#channel.fail(error),
      settled: () => this.#regulate(),
    })
    const cancelHandshakeTimer = options.clock.setTimer(options.handshakeTimeoutMs, () =>
      this.#channel.fail(
        new TransportError('TRANSPORT_PROTOCOL', `no preamble within ${options.handshakeTimeoutMs} ms`),
      ),
    )
    this.#channel = new Channel(socket, remoteAddress, options, {
      onReady: cancelHandshakeTimer,
      onFrame: (kind, id, payload) => this.#receive(kind, id, payload),
      onSent: () => this.#regulate(),
      onEnd: (reason) => {
        cancelHandshakeTimer()
        if (reason !== undefined) this.#report(reason, remoteAddress)
        this.#incoming.cancelAll(reason ?? disconnected(remoteAddress))
      },
    })
    socket.on('data', (chunk: Uint8Array) => this.#channel.receive(chunk))
    this.#channel.greet()
    this.gone = this.#channel.gone
  }

  close(): Promise<void> {
    return this.#channel.close()
  }

  #receive(kind: FrameKind, id: number, payload: Uint8Array): void {
    if (kind === FrameKind.cancel) return this.#incoming.cancel(id)
    if (kind === FrameKind.response) {
      return this.#channel.fail(
        new TransportError('TRANSPORT_PROTOCOL', 'the peer answered, but nobody asked it'),
      )
    }
    this.#incoming.accept(id, payload)
    this.#regulate()
  }

  /** Reads on only while there is room for what reading brings: handlers that run, answers that wait to be sent. */
  #regulate(): void {
    const { maxInFlightRequests, maxWriteQueueBytes } = this.#options
    const full =
      this.#incoming.running >= maxInFlightRequests || this.#channel.queuedBytes > maxWriteQueueBytes / 2
    if (full === this.#channel.paused || this.#channel.ended) return
    if (full) this.#channel.pause()
    else this.#channel.resume()
  }

  /** A peer that breaks the rules is worth a warning; one that goes away is not. */
  #report(reason: Error, remoteAddress: Address): void {
    const wentAway = reason instanceof TransportError && reason.code === 'TRANSPORT_DISCONNECTED'
    const level = wentAway ? 'debug' : 'warn'
    this.#options.logger[level]({ err: reason, remoteAddress }, 'a connection was closed')
  }
}
