import { controllerClient, type ControllerClient } from '@quorate/controller'
import {
  rpcClient,
  type Address,
  type Api,
  type Clock,
  type Random,
  type RpcClient,
  type Transport,
} from '@quorate/transport'
import { describeNodeApi, type NodeDescription } from '../api/describe-node.ts'
import { ServerError } from '../errors.ts'

/** Options of {@link openClusterClient}. */
export interface ClusterClientOptions {
  /** Addresses of nodes of one cluster, of any role. The first that answers is used. */
  readonly bootstrap: readonly Address[]
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  /** Milliseconds each address is given to answer. @default 3_000 */
  readonly connectTimeoutMs?: number
  /** Longest pause, in milliseconds, between two searches for the active controller. @default 500 */
  readonly maxBackoffMs?: number
  readonly signal?: AbortSignal
}

/** Asks and changes a cluster, from the outside. */
export interface ClusterClient extends AsyncDisposable {
  /** The node that answered first. */
  readonly node: NodeDescription
  /** Finds the active controller. */
  readonly controllers: ControllerClient
  /** Asks the node that answered first, from the image it has. */
  ask<Request, Response>(api: Api<Request, Response>, body: Request): Promise<Response>
  /** Asks the node at `address`. @throws what `RpcClient.request` throws */
  askAt<Request, Response>(
    address: Address,
    api: Api<Request, Response>,
    body: Request,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<Response>
  /** Closes every connection. Idempotent. */
  close(): Promise<void>
}

/**
 * Finds a cluster from the addresses of some of its nodes.
 *
 * @throws BOOTSTRAP_UNREACHABLE when none of them answers, or the signal's reason
 */
export async function openClusterClient(options: ClusterClientOptions): Promise<ClusterClient> {
  const { transport, clock, random, bootstrap, signal } = options
  const connectTimeoutMs = options.connectTimeoutMs ?? 3000
  const clients = new Map<Address, RpcClient>()
  const clientOf = (address: Address): RpcClient => {
    const known = clients.get(address)
    if (known) return known
    const client = rpcClient({ transport, address, clock, random, connectTimeoutMs })
    clients.set(address, client)
    return client
  }
  const closeClients = async (): Promise<void> => {
    await Promise.all([...clients.values()].map((client) => client.close()))
  }

  const found = await firstToAnswer(bootstrap, clientOf, connectTimeoutMs, signal).catch(
    async (error: unknown) => {
      await closeClients()
      throw error
    },
  )
  const controllers = controllerClient({
    controllers: found.node.controllers,
    connect: (address) => rpcClient({ transport, address, clock, random, connectTimeoutMs }),
    clock,
    random,
    ...(options.maxBackoffMs !== undefined && { maxBackoffMs: options.maxBackoffMs }),
  })
  const close = async (): Promise<void> => {
    await controllers.close()
    await closeClients()
  }
  return {
    node: found.node,
    controllers,
    ask: (api, body) => found.client.request(api, body),
    askAt: (address, api, body, askOptions) => clientOf(address).request(api, body, askOptions),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function firstToAnswer(
  bootstrap: readonly Address[],
  clientOf: (address: Address) => RpcClient,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly node: NodeDescription; readonly client: RpcClient }> {
  const failures: string[] = []
  for (const address of bootstrap) {
    const client = clientOf(address)
    try {
      const node = await client.request(describeNodeApi, {}, { timeoutMs, ...(signal && { signal }) })
      return { node, client }
    } catch (error) {
      signal?.throwIfAborted()
      failures.push(`${address}: ${(error as Error).message}`)
    }
  }
  throw new ServerError(
    'BOOTSTRAP_UNREACHABLE',
    `no node answered (${failures.join('; ')})`,
    'Check the addresses given to --bootstrap, and that a node runs at one of them',
  )
}
