import {
  metadata,
  type ControllerAddress,
  type MetadataImage,
  type MetadataRecord,
} from '@quorate/controller'
import { openMemoryLog } from '@quorate/log/memory'
import { anonymousObserver } from '@quorate/raft'
import { rpcTransport } from '@quorate/raft/rpc'
import { openStore, type Store } from '@quorate/store'
import { rpcClient, type Clock, type Random, type Transport } from '@quorate/transport'
import { closers } from '../node/closers.ts'

/** Options of {@link openObserver}. */
export interface ObserverOptions {
  readonly clusterId: string
  readonly controllers: readonly ControllerAddress[]
  /** Connects to the controllers. Stays the caller's. */
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
}

/** Follows the metadata of a cluster from the outside. */
export interface Observer extends AsyncDisposable {
  /** Only reads: `write` rejects, for this node never leads. */
  readonly store: Store<MetadataImage, MetadataRecord>
  /** Stops following. Idempotent. */
  close(): Promise<void>
}

/**
 * Follows the metadata log as an observer without a name and without a disk: the leader serves it and keeps no account
 * of it. What it knows is gone when it closes.
 */
export async function openObserver(options: ObserverOptions): Promise<Observer> {
  const { clusterId, controllers, transport, clock, random } = options
  const parts = closers()
  const peers = new Map(controllers.map(({ id, address }) => [id, address]))
  const log = parts.add(await openMemoryLog())
  const quorum = parts.add(
    rpcTransport({ peers, connect: (address) => rpcClient({ transport, address, clock, random }) }),
  )
  const store = parts.add(
    openStore(metadata, {
      raft: {
        id: anonymousObserver,
        directoryId: 'none',
        clusterId,
        voters: [...peers.keys()],
        log,
        transport: quorum,
        clock,
        random,
      },
    }),
  )
  const close = (): Promise<void> => parts.closeAll()
  return { store, close, [Symbol.asyncDispose]: close }
}
