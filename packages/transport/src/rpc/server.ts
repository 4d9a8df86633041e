import { z } from 'zod'
import { silentLogger } from '../logger.ts'
import type { Logger } from '../logger.ts'
import { functionOption, parseOptions, portOption } from '../options.ts'
import type { Address, Listener, RequestContext, Transport } from '../transport.ts'
import { apiVersions, rangeOf } from './api-versions.ts'
import { handle } from './api.ts'
import type { Api, ApiVersion, HandledApi, RpcContext } from './api.ts'
import { encodeBinaryAnswer } from './binary-frames.ts'
import { isCodec, readBody } from './body.ts'
import { decodeRequest, encodeAnswer, encodeRefusal } from './envelope.ts'
import { RpcError } from './errors.ts'

/** Options of {@link serveRpc}. */
export interface RpcServerOptions {
  readonly transport: Transport
  /** Where to listen, in the transport's own form. */
  readonly address: Address
  /** What is served. Keys must differ; key 18 is the server's own. */
  readonly handlers: readonly HandledApi[]
  /** @default silentLogger */
  readonly logger?: Logger
  /** Requests that may be under way on all connections together; more are refused with RPC_OVERLOADED. @default 10_000 */
  readonly maxInFlightRequests?: number
}

/** A listening RPC server; made by {@link serveRpc}. */
export interface RpcServer extends AsyncDisposable {
  /** Where it listens, with the port that was chosen if the one asked for was 0. */
  readonly address: Address
  /**
   * Stops listening, closes every connection and waits until they are gone. Handlers under way are told by their
   * signal; what they answer goes nowhere. Idempotent.
   */
  close(): Promise<void>
}

const optionsSchema = z.strictObject({
  transport: portOption<Transport>('listen', 'connect'),
  address: z.string(),
  handlers: z.array(
    z.object({
      api: z.custom<Api>((api) => typeof api === 'object' && api !== null && 'key' in api),
      handler: functionOption<HandledApi['handler']>(),
    }),
  ),
  logger: portOption<Logger>('error', 'child').default(silentLogger),
  maxInFlightRequests: z.int().positive().default(10_000),
})

/**
 * Listens on `address` and answers requests with `handlers`.
 *
 * Each request is validated with the schema of its version before its handler sees it. A handler that throws an
 * `RpcError` refuses: the caller gets its code, message, details and `retriable`. Anything else it throws is logged
 * here and reaches the caller as RPC_INTERNAL, without a word of what it was.
 *
 * @throws TypeError for options that are wrong; TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_INVALID
 */
export async function serveRpc(options: RpcServerOptions): Promise<RpcServer> {
  const { transport, address, ...rest } = parseOptions('serveRpc', optionsSchema, options)
  const dispatcher = new Dispatcher(rest)
  const listener: Listener = await transport.listen(address, (frame, context) =>
    dispatcher.answer(frame, context),
  )
  return {
    address: listener.address,
    close: () => listener.close(),
    [Symbol.asyncDispose]: () => listener.close(),
  }
}

/** From a request frame to a response frame; never rejects. */
class Dispatcher {
  readonly #handlers: ReadonlyMap<number, HandledApi>
  readonly #logger: Logger
  readonly #maxInFlightRequests: number
  #inFlight = 0

  constructor(options: {
    readonly handlers: readonly HandledApi[]
    readonly logger: Logger
    readonly maxInFlightRequests: number
  }) {
    this.#handlers = handlersByKey(options.handlers)
    this.#logger = options.logger
    this.#maxInFlightRequests = options.maxInFlightRequests
  }

  async answer(frame: Uint8Array, context: RequestContext): Promise<Uint8Array> {
    if (this.#inFlight >= this.#maxInFlightRequests) {
      return encodeRefusal(
        new RpcError(
          'RPC_OVERLOADED',
          `more than ${this.#maxInFlightRequests} requests are under way`,
          { maxInFlightRequests: this.#maxInFlightRequests },
          { retriable: true },
        ),
      )
    }
    this.#inFlight++
    let apiName: string | undefined
    try {
      const { apiKey, version, body } = decodeRequest(frame)
      const { api, handler } = this.#find(apiKey)
      apiName = api.name
      const { request, response } = formatsOf(api, version)
      const asked = readBody(request, body, (why) => invalidRequest(api, version, why))
      const answer = await handler(asked, new Call(context, version))
      return isCodec(response) ? encodeBinaryAnswer(response, answer) : encodeAnswer(answer)
    } catch (error) {
      return this.#refuse(error, apiName, context)
    } finally {
      this.#inFlight--
    }
  }

  #find(apiKey: number): HandledApi {
    const handled = this.#handlers.get(apiKey)
    if (handled !== undefined) return handled
    throw new RpcError('RPC_UNKNOWN_API', `no API with key ${apiKey} is served here`, { apiKey })
  }

  #refuse(error: unknown, apiName: string | undefined, context: RequestContext): Uint8Array {
    if (error instanceof RpcError) {
      try {
        return encodeRefusal(error)
      } catch (encodingError) {
        this.#logger.error(
          { err: encodingError, api: apiName },
          'the details of an RpcError are not plain data',
        )
      }
    } else if (!context.signal.aborted) {
      this.#logger.error(
        { err: error, api: apiName, remoteAddress: context.remoteAddress },
        'an RPC handler failed',
      )
    }
    return encodeRefusal(new RpcError('RPC_INTERNAL', 'the request failed for an internal reason'))
  }
}

/** What a handler is told. The signal is fetched only by handlers that look at it: making one costs. */
class Call implements RpcContext {
  readonly version: number
  readonly #context: RequestContext

  constructor(context: RequestContext, version: number) {
    this.#context = context
    this.version = version
  }

  get remoteAddress(): Address {
    return this.#context.remoteAddress
  }

  get signal(): AbortSignal {
    return this.#context.signal
  }
}

function formatsOf(api: Api, version: number): ApiVersion<unknown, unknown> {
  const range = rangeOf(api)
  const formats = api.versions[version - range.min]
  if (formats !== undefined) return formats
  throw new RpcError(
    'RPC_UNSUPPORTED_VERSION',
    `${api.name} is served in versions ${range.min} to ${range.max}, not in version ${version}`,
    { apiKey: api.key, version, min: range.min, max: range.max },
  )
}

function invalidRequest(api: Api, version: number, why: string): RpcError {
  return new RpcError('RPC_INVALID_REQUEST', `${api.name}: ${why}`, { apiKey: api.key, version })
}

function handlersByKey(handlers: readonly HandledApi[]): ReadonlyMap<number, HandledApi> {
  const byKey = new Map<number, HandledApi>()
  const served = [
    ...handlers,
    handle(apiVersions, () => ({ apis: [...byKey.values()].map(({ api }) => rangeOf(api)) })),
  ]
  for (const handled of served) {
    const { key, name } = handled.api
    const other = byKey.get(key)
    if (other !== undefined) {
      throw new TypeError(`serveRpc: ${name} and ${other.api.name} have the same key ${key}`)
    }
    byKey.set(key, handled)
  }
  return byKey
}
