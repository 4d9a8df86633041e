import { TransportError } from '../errors.ts'
import type { CancelSignal } from '../cancel-signal.ts'
import type { Address, Connection, Transport } from '../transport.ts'
import { apiVersions, commonVersion } from './api-versions.ts'
import type { VersionRange } from './api-versions.ts'
import type { Api } from './api.ts'
import { encodeBinaryRequest } from './binary-frames.ts'
import { isCodec, readBody } from './body.ts'
import { decodeResponse, encodeRequest } from './envelope.ts'
import { RpcError } from './errors.ts'

/**
 * Connects to `address` and asks which APIs are served there, in which versions.
 *
 * @throws the errors of `Transport.connect`; TRANSPORT_UNREACHABLE if the peer hung up before it answered;
 *   TRANSPORT_PROTOCOL if it did not answer as an RPC server does; the reason of `signal`
 */
export async function openSession(
  transport: Transport,
  address: Address,
  signal: AbortSignal,
): Promise<Session> {
  const connection = await transport.connect(address, { signal })
  try {
    const { apis } = await ask(connection, apiVersions, 0, {}, signal)
    return new Session(connection, apis)
  } catch (error) {
    await connection.close()
    signal.throwIfAborted()
    // No request of a caller was on this connection, so nothing is unknown but the peer itself.
    if (error instanceof TransportError) {
      throw new TransportError('TRANSPORT_UNREACHABLE', `${address} hung up while versions were exchanged`, {
        cause: error,
      })
    }
    if (error instanceof RpcError && error.code === 'RPC_OVERLOADED') throw error
    throw new TransportError(
      'TRANSPORT_PROTOCOL',
      `${address} does not answer as an RPC server: ${String(error)}`,
      {
        cause: error,
      },
    )
  }
}

/** A connection whose peer said what it serves. */
export class Session {
  /** Resolves when the connection is gone, with the reason unless this side closed it. */
  readonly closed: Promise<Error | undefined>
  readonly #connection: Connection
  readonly #ranges: ReadonlyMap<number, VersionRange>
  readonly #versions = new Map<Api, number>()

  constructor(connection: Connection, ranges: readonly VersionRange[]) {
    this.#connection = connection
    this.#ranges = new Map(ranges.map((range) => [range.key, range]))
    this.closed = connection.closed
  }

  /** Sends one request in the highest common version. @throws see `RpcClient.request` */
  async request<Request, Response>(
    api: Api<Request, Response>,
    body: Request,
    signal: CancelSignal,
  ): Promise<Response> {
    return ask(this.#connection, api, this.#versionOf(api as Api), body, signal)
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #versionOf(api: Api): number {
    let version = this.#versions.get(api)
    if (version === undefined) {
      version = commonVersion(api, this.#ranges.get(api.key))
      this.#versions.set(api, version)
    }
    return version
  }
}

async function ask<Request, Response>(
  connection: Connection,
  api: Api<Request, Response>,
  version: number,
  body: Request,
  signal: CancelSignal,
): Promise<Response> {
  const { request, response } = api.versions[version - (api.minVersion ?? 0)]!
  const frame = isCodec(request)
    ? encodeBinaryRequest(api.key, version, request, body)
    : encodeRequest({ apiKey: api.key, version, body })
  const answer = decodeResponse(await connection.request(frame, { signal }))
  return readBody(response, answer, (why) => {
    return new RpcError('RPC_INVALID_RESPONSE', `${api.name}: ${why}`, { apiKey: api.key, version })
  })
}
