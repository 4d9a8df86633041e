import {
  type Address,
  type Api,
  handle,
  type HandledApi,
  type RpcClient,
  RpcError,
  TransportError,
} from '@quorate/transport'
import type { Endpoints, NodeId, RaftRequest, RaftResponse } from '../messages.ts'
import { DeliveryError, type DeliveryFailure, type RaftRequestHandler, type RaftTransport } from '../ports.ts'
import {
  beginQuorumEpochApi,
  endQuorumEpochApi,
  fetchApi,
  fetchSnapshotApi,
  readIndexApi,
  voteApi,
} from './apis.ts'

/** Nodes whose address is learned; voters are fewer. */
const maxMetNodes = 1_000

/** What {@link rpcTransport} needs. */
export interface RpcTransportOptions {
  /** Where nodes listen, by id. What is here is never replaced by what the log says. A node never calls an observer. */
  readonly peers: ReadonlyMap<NodeId, Address>
  /** The endpoint of a voter that this transport connects to, for voters that are not among `peers`. @default 'quorum' */
  readonly listener?: string
  /** Makes the client for one peer, once. `rpcClient` with the transport of your choice. */
  readonly connect: (address: Address) => RpcClient
}

/** A {@link RaftTransport} over RPC. */
export interface RpcRaftTransport extends RaftTransport, AsyncDisposable {
  /** The quorum's APIs, to be served where the other nodes look for this one. Observers need not serve them. */
  readonly handlers: readonly HandledApi[]
  /** Closes the connections to the peers. Idempotent. */
  close(): Promise<void>
}

/** Carries the quorum's messages over `@quorate/transport`, under Kafka's API keys. */
export function rpcTransport(options: RpcTransportOptions): RpcRaftTransport {
  return new Rpc(options)
}

class Rpc implements RpcRaftTransport {
  readonly handlers: readonly HandledApi[]
  readonly #options: RpcTransportOptions
  readonly #clients = new Map<NodeId, { readonly address: Address; readonly client: RpcClient }>()
  /** Where nodes that are not among `peers` listen, as the quorum says. */
  readonly #met = new Map<NodeId, Address>()
  #handler: RaftRequestHandler | undefined

  constructor(options: RpcTransportOptions) {
    this.#options = options
    this.handlers = [
      this.#plain(voteApi),
      this.#plain(beginQuorumEpochApi),
      this.#plain(endQuorumEpochApi),
      this.#plain(readIndexApi),
      this.#plain(fetchSnapshotApi),
      this.#plain(fetchApi),
    ]
  }

  async request(to: NodeId, request: RaftRequest, options: { timeoutMs: number }): Promise<RaftResponse> {
    try {
      const client = this.#client(to)
      switch (request.type) {
        case 'vote':
          return await client.request(voteApi, request, options)
        case 'begin-quorum-epoch':
          return await client.request(beginQuorumEpochApi, request, options)
        case 'end-quorum-epoch':
          return await client.request(endQuorumEpochApi, request, options)
        case 'read-index':
          return await client.request(readIndexApi, request, options)
        case 'fetch-snapshot':
          return await client.request(fetchSnapshotApi, request, options)
        case 'fetch':
          return await client.request(fetchApi, request, options)
      }
    } catch (error) {
      throw new DeliveryError(failureOf(error), `no answer from node ${to}: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  serve(handler: RaftRequestHandler): () => void {
    this.#handler = handler
    return () => {
      if (this.#handler === handler) this.#handler = undefined
    }
  }

  meet(id: NodeId, endpoints: Endpoints): void {
    const address = endpoints[this.#options.listener ?? 'quorum']
    if (address === undefined || this.#options.peers.has(id)) return
    if (!this.#met.has(id) && this.#met.size >= maxMetNodes) return
    this.#met.set(id, address)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map(({ client }) => client.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #client(to: NodeId): RpcClient {
    const address = this.#options.peers.get(to) ?? this.#met.get(to)
    if (address === undefined) throw new Error(`node ${to} has no address`)
    const known = this.#clients.get(to)
    if (known?.address === address) return known.client
    // It moved: who waits for an answer from where it was is told that the connection is gone.
    void known?.client.close()
    const client = this.#options.connect(address)
    this.#clients.set(to, { address, client })
    return client
  }

  #plain<Request extends RaftRequest, Response extends RaftResponse>(
    api: Api<Request, Response>,
  ): HandledApi {
    return handle(api, async (request) => (await this.#answer(request)) as Response)
  }

  async #answer<Type extends RaftRequest['type']>(
    request: RaftRequest & { type: Type },
  ): Promise<RaftResponse & { type: Type }> {
    if (this.#handler === undefined) {
      throw new RpcError('NODE_NOT_READY', 'the node is starting or stopping', {}, { retriable: true })
    }
    return (await this.#handler(request)) as RaftResponse & { type: Type }
  }
}

function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof TransportError && error.code === 'TRANSPORT_REFUSED') return 'refused'
  if (error instanceof TransportError && error.code === 'TRANSPORT_DISCONNECTED') return 'disconnected'
  if (error instanceof RpcError && error.code === 'RPC_TIMEOUT') return 'timeout'
  return 'unreachable'
}
