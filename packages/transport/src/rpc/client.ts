import { z } from 'zod'
import type { Clock, Random } from '../clock.ts'
import { TransportError } from '../errors.ts'
import { silentLogger } from '../logger.ts'
import type { Logger } from '../logger.ts'
import { functionOption, parseOptions, portOption } from '../options.ts'
import type { Address, Transport } from '../transport.ts'
import type { Api } from './api.ts'
import { abortable, type Deadline, Deadlines } from './deadline.ts'
import { RpcError } from './errors.ts'
import { ReconnectPolicy } from './reconnect-policy.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'

/** Options of {@link rpcClient}. */
export interface RpcClientOptions {
  readonly transport: Transport
  /** The server, in the transport's own form. */
  readonly address: Address
  readonly clock: Clock
  readonly random: Random
  /** @default silentLogger */
  readonly logger?: Logger
  /** Milliseconds to connect and to exchange versions; then TRANSPORT_UNREACHABLE. @default 5_000 */
  readonly connectTimeoutMs?: number
  /** Milliseconds a request waits for its answer unless it says otherwise; then RPC_TIMEOUT. @default 30_000 */
  readonly requestTimeoutMs?: number
  /** Shortest wait after a failed connect. @default 20 */
  readonly minBackoffMs?: number
  /** Longest wait after a failed connect. @default 1_000 */
  readonly maxBackoffMs?: number
  /** Requests that may wait for their answers; more are refused with RPC_OVERLOADED. @default 10_000 */
  readonly maxInFlightRequests?: number
}

/** Options of one {@link RpcClient.request}. */
export interface RpcRequestOptions {
  readonly signal?: AbortSignal
  /** Milliseconds until RPC_TIMEOUT. @default `requestTimeoutMs` of the client */
  readonly timeoutMs?: number
}

/** Sends requests to one server; made by {@link rpcClient}. */
export interface RpcClient extends AsyncDisposable {
  readonly address: Address
  /**
   * Sends `body` in the highest version of `api` both sides know, and resolves with the validated answer. Connects
   * first if there is no connection, with a second attempt if the peer was unreachable or hung up; while it backs off
   * after a failure, rejects at once with that failure.
   *
   * Nothing was sent, or the server refused and did nothing: TRANSPORT_REFUSED, TRANSPORT_UNREACHABLE (no connection
   * within the time given), TRANSPORT_PROTOCOL, TRANSPORT_ADDRESS_INVALID, TRANSPORT_FRAME_TOO_LARGE,
   * TRANSPORT_OVERLOADED, RPC_CLOSED, RPC_OVERLOADED, RPC_UNKNOWN_API, RPC_UNSUPPORTED_VERSION, RPC_INVALID_REQUEST.
   * The handler decided: its own codes. Outcome unknown ({@link isOutcomeUnknown}): TRANSPORT_DISCONNECTED,
   * RPC_TIMEOUT, RPC_INTERNAL, RPC_INVALID_RESPONSE, or the signal's reason once `signal` aborts.
   *
   * @throws TransportError or RpcError with the codes above, or the signal's reason
   */
  request<Request, Response>(
    api: Api<Request, Response>,
    body: Request,
    options?: RpcRequestOptions,
  ): Promise<Response>
  /** Rejects the requests under way with TRANSPORT_DISCONNECTED and waits until the connection is gone. Idempotent. */
  close(): Promise<void>
}

const optionsSchema = z
  .strictObject({
    transport: portOption<Transport>('listen', 'connect'),
    address: z.string(),
    clock: portOption<Clock>('now', 'setTimer'),
    random: functionOption<Random>(),
    logger: portOption<Logger>('debug', 'child').default(silentLogger),
    connectTimeoutMs: z.number().positive().default(5_000),
    requestTimeoutMs: z.number().positive().default(30_000),
    minBackoffMs: z.number().positive().default(20),
    maxBackoffMs: z.number().positive().default(1_000),
    maxInFlightRequests: z.int().positive().default(10_000),
  })
  .refine((options) => options.minBackoffMs <= options.maxBackoffMs, {
    error: 'must be at least minBackoffMs',
    path: ['maxBackoffMs'],
  })

/**
 * A client of the RPC server at `address`. It opens no connection before the first request, and again on demand after
 * one was lost.
 *
 * @throws TypeError for options that are wrong
 */
export function rpcClient(options: RpcClientOptions): RpcClient {
  return new Client(parseOptions('rpcClient', optionsSchema, options))
}

class Client implements RpcClient {
  readonly #options: z.output<typeof optionsSchema>
  readonly #reconnect: ReconnectPolicy
  readonly #closing = new AbortController()
  readonly #deadlines: Deadlines
  #session: Session | undefined
  #connecting: Promise<Session> | undefined
  #inFlight = 0

  constructor(options: z.output<typeof optionsSchema>) {
    this.#options = options
    this.#deadlines = new Deadlines(options.clock)
    this.#reconnect = new ReconnectPolicy(options.clock, options.random, {
      minMs: options.minBackoffMs,
      maxMs: options.maxBackoffMs,
    })
  }

  get address(): Address {
    return this.#options.address
  }

  async request<Request, Response>(
    api: Api<Request, Response>,
    body: Request,
    { signal, timeoutMs = this.#options.requestTimeoutMs }: RpcRequestOptions = {},
  ): Promise<Response> {
    this.#throwIfClosed()
    signal?.throwIfAborted()
    const { maxInFlightRequests } = this.#options
    if (this.#inFlight >= maxInFlightRequests) {
      throw new RpcError(
        'RPC_OVERLOADED',
        `${maxInFlightRequests} requests to ${this.address} wait for their answers already`,
        { maxInFlightRequests },
        { retriable: true },
      )
    }
    using deadline = this.#deadlines.open(timeoutMs, signal)
    this.#inFlight++
    try {
      for (;;) {
        const session = this.#session ?? (await this.#connectWithin(deadline))
        try {
          return await session.request(api, body, deadline)
        } catch (error) {
          // The connection was gone before the request left: whoever waits for the next one has lost nothing.
          if (!(error instanceof TransportError && error.code === 'TRANSPORT_CLOSED')) throw error
          this.#throwIfClosed()
          this.#lost(session, error)
        }
      }
    } finally {
      this.#inFlight--
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new RpcError('RPC_CLOSED', `the client of ${this.address} is closed`))
    await this.#connecting?.catch(() => undefined)
    await this.#session?.close()
    this.#deadlines.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #connectWithin(deadline: Deadline): Promise<Session> {
    const obstacle = this.#reconnect.obstacle
    if (obstacle !== undefined) throw obstacle
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    try {
      return await abortable(this.#connecting, deadline)
    } catch (error) {
      // Nothing was sent yet, so this is not the time-out whose outcome is unknown.
      if (deadline.passed && error === deadline.reason)
        throw unreachable(this.address, deadline.timeoutMs, error)
      throw error
    }
  }

  async #connect(): Promise<Session> {
    const { transport, address, connectTimeoutMs, logger } = this.#options
    using deadline = this.#deadlines.open(connectTimeoutMs, this.#closing.signal)
    const signal = deadline.toAbortSignal()
    try {
      const session = await openSession(transport, address, signal).catch((error: unknown) => {
        // A process that dies still accepts connections for a moment, and hangs up on them. Whether somebody listens is
        // what the next attempt tells; it is made once, since a peer may hang up on everybody.
        if (!isUnreachable(error)) throw error
        return openSession(transport, address, signal)
      })
      this.#session = session
      this.#reconnect.established()
      logger.debug({ address }, 'connected')
      void session.closed.then((reason) => {
        if (reason !== undefined) this.#lost(session, reason)
      })
      return session
    } catch (cause) {
      this.#throwIfClosed()
      const error = deadline.passed ? unreachable(address, connectTimeoutMs, cause) : (cause as Error)
      this.#reconnect.failed(error)
      logger.debug({ address, err: error }, 'cannot connect')
      throw error
    }
  }

  #lost(session: Session, reason: Error): void {
    if (this.#session !== session) return
    this.#session = undefined
    this.#reconnect.broke(reason)
    this.#options.logger.debug({ address: this.address, err: reason }, 'connection lost')
  }

  #throwIfClosed(): void {
    this.#closing.signal.throwIfAborted()
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'TRANSPORT_UNREACHABLE'
}

function unreachable(address: Address, timeoutMs: number, cause: unknown): TransportError {
  return new TransportError('TRANSPORT_UNREACHABLE', `no connection to ${address} within ${timeoutMs} ms`, {
    cause,
  })
}
