import {
  backoffMs,
  functionOption,
  isOutcomeUnknown,
  parseOptions,
  portOption,
  RpcError,
  silentLogger,
  sleep,
  TransportError,
} from '@quorate/transport'
import type { Address, Api, Clock, Logger, Random, RpcClient } from '@quorate/transport'
import { z } from 'zod'
import { OUTCOME_UNKNOWN } from './errors.ts'
import { NODE_NOT_READY } from './refusal.ts'

/** A controller as configuration names it. */
export interface ControllerAddress {
  readonly id: number
  readonly address: Address
}

/** Options of {@link controllerClient}. */
export interface ControllerClientOptions {
  /** Every controller of the quorum; at least one. */
  readonly controllers: readonly ControllerAddress[]
  /** Makes a client for one controller. Called once for each; it must connect lazily, as `rpcClient` does. */
  readonly connect: (address: Address) => RpcClient
  readonly clock: Clock
  readonly random: Random
  /** @default silentLogger */
  readonly logger?: Logger
  /** Milliseconds a request keeps looking for the active controller and waits for its answer. @default 30_000 */
  readonly requestTimeoutMs?: number
  /** Milliseconds one attempt may take if the request says `retryUnknown`; the next controller is asked then. @default 2_000 */
  readonly attemptTimeoutMs?: number
  /** Milliseconds of pause after every controller was asked once, doubling with each round. @default 20 */
  readonly minBackoffMs?: number
  /** Longest such pause, in milliseconds. @default 500 */
  readonly maxBackoffMs?: number
}

/** Options of {@link ControllerClient.request}. */
export interface ControllerRequestOptions {
  readonly signal?: AbortSignal
  /** @default the client's `requestTimeoutMs` */
  readonly timeoutMs?: number
  /** The request may be carried out twice without harm: send it again even if it may have been carried out. @default false */
  readonly retryUnknown?: boolean
}

/** Finds the active controller and sends it requests. Safe for concurrent use. */
export interface ControllerClient extends AsyncDisposable {
  /**
   * Sends `body` to the active controller and resolves with its answer.
   *
   * A controller that is not active, or does not run, has certainly not carried out the request: the one it names, or
   * the next, is asked at once, with a pause only after every one was asked. Refusals by the active controller reject.
   *
   * @throws RpcError with the active controller's code; ControllerClientError: CONTROLLER_UNAVAILABLE (nobody took the
   *   request in time: certainly not carried out), CONTROLLER_OUTCOME_UNKNOWN (may have been carried out),
   *   CONTROLLER_CLIENT_CLOSED; the signal's reason (may have been carried out)
   */
  request<Request, Response>(
    api: Api<Request, Response>,
    body: Request,
    options?: ControllerRequestOptions,
  ): Promise<Response>
  /** The controller that answered last, if any: the active one as far as this client knows. */
  readonly activeId: number | undefined
  /** Aborts the requests under way and closes the clients it made. Idempotent. */
  close(): Promise<void>
}

/** Codes of {@link ControllerClientError}. */
export type ControllerClientErrorCode =
  | 'CONTROLLER_CLIENT_CLOSED'
  | 'CONTROLLER_OUTCOME_UNKNOWN'
  | 'CONTROLLER_UNAVAILABLE'

/** A request found no active controller, or none that said what became of it. `cause` is the last failure. */
export class ControllerClientError extends Error {
  override readonly name = 'ControllerClientError'
  readonly code: ControllerClientErrorCode

  constructor(code: ControllerClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const optionsSchema = z.strictObject({
  controllers: z
    .array(z.strictObject({ id: z.int().min(0), address: z.string().min(1) }))
    .min(1)
    .refine((controllers) => new Set(controllers.map(({ id }) => id)).size === controllers.length, {
      error: 'must not name an id twice',
    }),
  connect: functionOption<ControllerClientOptions['connect']>(),
  clock: portOption<Clock>('now', 'setTimer'),
  random: functionOption<Random>(),
  logger: portOption<Logger>('debug', 'child').default(silentLogger),
  requestTimeoutMs: z.number().positive().default(30_000),
  attemptTimeoutMs: z.number().positive().default(2_000),
  minBackoffMs: z.number().positive().default(20),
  maxBackoffMs: z.number().positive().default(500),
})

/**
 * A client of the active controller, whichever it is. Connects on demand.
 *
 * @throws TypeError for options that are wrong
 */
export function controllerClient(options: ControllerClientOptions): ControllerClient {
  return new Client(parseOptions('controllerClient', optionsSchema, options))
}

/** What one attempt says about the next. */
type Attempt<Response> =
  | { readonly kind: 'answered'; readonly response: Response }
  | { readonly kind: 'redirected'; readonly leaderId: unknown; readonly error: Error }
  | { readonly kind: 'unknown'; readonly error: Error }
  | { readonly kind: 'not-sent'; readonly error: Error }

/** Refusals that say nothing about the request: another controller, or the same one later, may take it. */
const NOT_TAKEN: ReadonlySet<string> = new Set([NODE_NOT_READY, 'RPC_OVERLOADED'])

class Client implements ControllerClient {
  readonly #options: z.output<typeof optionsSchema>
  readonly #clients: readonly { readonly id: number; readonly rpc: RpcClient }[]
  readonly #closing = new AbortController()
  /** Index of the controller to ask first. */
  #preferred = 0
  #activeId: number | undefined

  constructor(options: z.output<typeof optionsSchema>) {
    this.#options = options
    this.#clients = options.controllers.map(({ id, address }) => ({ id, rpc: options.connect(address) }))
  }

  get activeId(): number | undefined {
    return this.#activeId
  }

  async request<Request, Response>(
    api: Api<Request, Response>,
    body: Request,
    options: ControllerRequestOptions = {},
  ): Promise<Response> {
    const { clock, random, requestTimeoutMs, attemptTimeoutMs, minBackoffMs, maxBackoffMs, logger } =
      this.#options
    const { timeoutMs = requestTimeoutMs, retryUnknown = false } = options
    const signals = [this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])]
    const signal = AbortSignal.any(signals)
    const deadline = clock.now() + timeoutMs
    const askedThisRound = new Set<number>()
    let target = this.#preferred
    let outcome: ControllerClientErrorCode = 'CONTROLLER_UNAVAILABLE'
    for (let rounds = 0; ;) {
      signal.throwIfAborted()
      const remainingMs = deadline - clock.now()
      const attempt = await this.#attempt(target, api, body, {
        signal,
        timeoutMs: Math.max(1, retryUnknown ? Math.min(remainingMs, attemptTimeoutMs) : remainingMs),
      })
      if (attempt.kind === 'answered') {
        this.#preferred = target
        this.#activeId = this.#at(target).id
        return attempt.response
      }
      if (attempt.kind === 'unknown') {
        outcome = 'CONTROLLER_OUTCOME_UNKNOWN'
        if (!retryUnknown) throw failure(outcome, api.name, attempt.error)
      }
      const controllerId = this.#at(target).id
      logger.debug({ controllerId, api: api.name, err: attempt.error }, 'asking another controller')
      askedThisRound.add(target)
      let pauseMs = 0
      if (askedThisRound.size === this.#clients.length) {
        askedThisRound.clear()
        pauseMs = backoffMs(rounds++, random, { minMs: minBackoffMs, maxMs: maxBackoffMs })
      }
      target = this.#next(target, attempt, askedThisRound)
      this.#preferred = target
      if (clock.now() + pauseMs >= deadline) throw failure(outcome, api.name, attempt.error)
      if (pauseMs > 0) await sleep(clock, pauseMs, signal)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new ControllerClientError('CONTROLLER_CLIENT_CLOSED', 'the client of the controllers is closed'),
    )
    await Promise.all(this.#clients.map(({ rpc }) => rpc.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #attempt<Request, Response>(
    target: number,
    api: Api<Request, Response>,
    body: Request,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<Attempt<Response>> {
    try {
      return { kind: 'answered', response: await this.#at(target).rpc.request(api, body, options) }
    } catch (error) {
      options.signal.throwIfAborted()
      if (!(error instanceof Error)) throw error
      if (error instanceof RpcError && error.code === 'NOT_CONTROLLER') {
        return { kind: 'redirected', leaderId: error.details['leaderId'], error }
      }
      if (isOutcomeUnknown(error) || (error instanceof RpcError && error.code === OUTCOME_UNKNOWN)) {
        return { kind: 'unknown', error }
      }
      if (error instanceof TransportError && error.code !== 'TRANSPORT_FRAME_TOO_LARGE') {
        return { kind: 'not-sent', error }
      }
      if (error instanceof RpcError && NOT_TAKEN.has(error.code)) return { kind: 'not-sent', error }
      throw error
    }
  }

  /**
   * The controller that the one at `target` named, or the next in line; never one asked this round already: who does
   * not know yet that the leader died would send us back to it for ever.
   */
  #next(target: number, attempt: Attempt<unknown>, askedThisRound: ReadonlySet<number>): number {
    const named =
      attempt.kind === 'redirected' ? this.#clients.findIndex(({ id }) => id === attempt.leaderId) : -1
    if (named !== -1 && named !== target && !askedThisRound.has(named)) return named
    let next = (target + 1) % this.#clients.length
    while (askedThisRound.has(next)) next = (next + 1) % this.#clients.length
    return next
  }

  #at(index: number): { readonly id: number; readonly rpc: RpcClient } {
    const client = this.#clients[index]
    if (client === undefined) throw new RangeError(`there is no controller ${index}`)
    return client
  }
}

function failure(code: ControllerClientErrorCode, request: string, cause: Error): ControllerClientError {
  const what =
    code === 'CONTROLLER_UNAVAILABLE'
      ? 'no active controller took it in time; nothing was done'
      : 'it may or may not have been carried out'
  return new ControllerClientError(code, `${request}: ${what} (${cause.message})`, { cause })
}
