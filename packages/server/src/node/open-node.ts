import { openBroker, type Broker } from '@quorate/broker'
import {
  controllerClient,
  metadata,
  metadataReadHandlers,
  openController,
  type MetadataImage,
  type MetadataRecord,
} from '@quorate/controller'
import { rpcTransport } from '@quorate/raft/rpc'
import { openStore, type Store } from '@quorate/store'
import {
  rpcClient,
  serveRpc,
  silentLogger,
  systemClock,
  systemRandom,
  type Address,
} from '@quorate/transport'
import { describeNodeHandler } from '../api/describe-node.ts'
import { randomId } from '../random-id.ts'
import { closers } from './closers.ts'
import type { NodeOptions } from './options.ts'
import { reserveAddress } from './reserve-address.ts'

/** A running node: a controller, a broker, or both on one store. */
export interface Node extends AsyncDisposable {
  readonly nodeId: number
  /** Where it listens. */
  readonly address: Address
  /** The cluster's metadata as this node has it. */
  readonly store: Store<MetadataImage, MetadataRecord>
  /** Present with the role broker. */
  readonly broker: Broker | undefined
  /**
   * Resolves when the node does its part: at once for a controller, and for a broker once it is unfenced.
   *
   * @throws what `failed` settles with, or the signal's reason
   */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Settles when a part of the node stopped by itself, with the reason. The rest still runs: close it. Never after `close`. */
  readonly failed: Promise<Error>
  /**
   * Stops the node: a broker has its leaders moved first, a leader of the quorum hands over, then the log is closed.
   * Idempotent.
   */
  close(): Promise<void>
}

/**
 * Starts a node: listens, opens its log, joins the quorum or follows it, and plays its roles.
 *
 * The address is taken before the log is opened. If a step fails, what was opened is closed again.
 *
 * @throws TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_INVALID, what `openLog` throws, RAFT_OPTIONS_INVALID
 */
export async function openNode(options: NodeOptions): Promise<Node> {
  const parts = closers()
  try {
    return await openParts(options, parts)
  } catch (error) {
    await parts.closeAll()
    throw error
  }
}

async function openParts(options: NodeOptions, parts: ReturnType<typeof closers>): Promise<Node> {
  const { identity, roles, controllers, transport } = options
  const { nodeId, clusterId, directoryId, joins = false } = identity
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options
  const ports = { clock, random, logger }
  const makeId = options.randomId ?? randomId
  const connect = (address: Address) => rpcClient({ transport, address, ...ports })

  const reserved = parts.add(await reserveAddress(transport, options.address))
  const log = parts.add(await options.openLog())
  const peers = new Map(controllers.map(({ id, address }) => [id, address]))
  const quorum = parts.add(rpcTransport({ peers, connect }))
  const store = parts.add(
    openStore(metadata, {
      raft: {
        ...options.raft,
        ...ports,
        id: nodeId,
        directoryId,
        clusterId,
        voters: [...peers.keys()],
        joins,
        log,
        transport: quorum,
      },
    }),
  )
  const controller = roles.includes('controller')
    ? parts.add(
        openController({
          ...ports,
          store,
          clusterId,
          randomId: makeId,
          ...pick(options, 'sessionTimeoutMs'),
        }),
      )
    : undefined
  await serveRpc({
    transport: reserved.transport,
    address: options.address,
    logger,
    handlers: [
      describeNodeHandler({ nodeId, clusterId, roles, controllers }),
      ...quorum.handlers,
      ...(controller?.handlers ?? metadataReadHandlers({ store, clusterId })),
    ],
  })
  const broker = roles.includes('broker')
    ? parts.add(
        await openBroker({
          ...ports,
          id: nodeId,
          clusterId,
          endpoints: options.endpoints(reserved.address),
          rack: options.rack,
          store,
          controllers: parts.add(controllerClient({ ...ports, controllers, connect })),
          randomId: makeId,
          ...pick(
            options,
            'heartbeatIntervalMs',
            'initialRegistrationTimeoutMs',
            'controlledShutdownTimeoutMs',
          ),
        }),
      )
    : undefined

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= parts.closeAll())
  return {
    nodeId,
    address: reserved.address,
    store,
    broker,
    ready: async (readyOptions) => broker?.ready(readyOptions),
    failed: Promise.race([store.failed, ...(broker ? [broker.failed] : [])]),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Those of `keys` that are set. */
function pick<Source extends object, Key extends keyof Source>(
  source: Source,
  ...keys: readonly Key[]
): { [Name in Key]?: Exclude<Source[Name], undefined> } {
  return Object.fromEntries(
    keys.filter((key) => source[key] !== undefined).map((key) => [key, source[key]]),
  ) as {
    [Name in Key]?: Exclude<Source[Name], undefined>
  }
}
