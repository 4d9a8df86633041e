import { controllerClient, metadata, openController } from '@quorate/controller'
import type { ControllerClient, MetadataImage, MetadataRecord, PartitionImage } from '@quorate/controller'
import { openMemoryLog } from '@quorate/log/memory'
import type { MemoryLog, MemoryStorage } from '@quorate/log/memory'
import { rpcTransport } from '@quorate/raft/rpc'
import { openStore } from '@quorate/store'
import type { Store } from '@quorate/store'
import { rpcClient, serveRpc } from '@quorate/transport'
import type { Address, Transport } from '@quorate/transport'
import { manualClock } from '@quorate/transport/testing'
import { memoryNetwork } from '@quorate/transport-memory'
import { openBroker } from '../../src/index.ts'
import type { Broker } from '../../src/index.ts'

const clusterId = 'shop'

function addressOf(controllerId: number): Address {
  return `controller-${controllerId}:9093`
}

/** A broker's process. */
export interface RunningBroker {
  readonly broker: Broker
  readonly store: Store<MetadataImage, MetadataRecord>
  readonly storage: MemoryStorage
  close(closing?: { readonly controlled: boolean }): Promise<void>
}

/**
 * A cluster of the real parts, with memory for a network and for disks, under virtual time: seconds of it take as long
 * as the computing they need, and the same thing happens every time.
 */
export async function openCluster(options: { readonly controllers: number; readonly brokers: number }) {
  const clock = manualClock()
  const random = seededRandom(7)
  const network = memoryNetwork({ clock, random })
  let lastId = 0
  const randomId = () => `id-${++lastId}`

  const voters = Array.from({ length: options.controllers }, (_, index) => index + 1)
  const peers = new Map(voters.map((id) => [id, addressOf(id)]))
  const connectFrom = (transport: Transport) => (address: Address) =>
    rpcClient({ transport, address, clock, random })

  /** The metadata store of one process, on the disk it is given. */
  async function openNode(host: string, id: number, storage?: MemoryStorage) {
    const transport = network.transport(host)
    const log: MemoryLog = await openMemoryLog({ ...(storage && { storage }), now: () => clock.wallTime() })
    const raft = rpcTransport({ peers, connect: connectFrom(transport) })
    const store = openStore(metadata, {
      raft: { id, directoryId: `directory-${id}`, clusterId, voters, log, transport: raft, clock, random },
    })
    const close = async () => {
      await store.close()
      await raft.close()
      await log.close()
    }
    return { transport, log, raft, store, close }
  }

  async function startController(id: number) {
    const node = await openNode(`controller-${id}`, id)
    const { raft, store, transport } = node
    const controller = openController({ store, clusterId, clock, random, randomId })
    const handlers = [...raft.handlers, ...controller.handlers]
    const server = await serveRpc({ transport, address: addressOf(id), handlers })
    return {
      host: `controller-${id}`,
      store,
      async close() {
        await server.close()
        await controller.close()
        await node.close()
      },
    }
  }

  function connect(host: string): ControllerClient {
    const controllers = [...peers].map(([id, address]) => ({ id, address }))
    return controllerClient({ controllers, connect: connectFrom(network.transport(host)), clock, random })
  }

  const brokers = new Map<number, RunningBroker>()

  /** Starts a broker, on the disk it had before if there is one. */
  async function startBroker(id: number, storage?: MemoryStorage): Promise<RunningBroker> {
    const node = await openNode(`broker-${id}`, 100 + id, storage)
    const controllers = connect(`broker-${id}`)
    const broker = await openBroker({
      id,
      clusterId,
      endpoints: [{ name: 'PLAINTEXT', host: `broker-${id}`, port: 9092 }],
      store: node.store,
      controllers,
      clock,
      random,
      randomId,
    })
    const started = {
      broker,
      store: node.store,
      storage: node.log.storage,
      async close(closing?: { readonly controlled: boolean }) {
        await broker.close(closing)
        await controllers.close()
        await node.close()
      },
    }
    brokers.set(id, started)
    return started
  }

  const admin = connect('admin')
  const controllers = await Promise.all(voters.map((id) => startController(id)))
  const brokerIds = Array.from({ length: options.brokers }, (_, index) => index + 1)
  for (const id of brokerIds) await startBroker(id)

  const cluster = {
    clock,
    random,
    randomId,
    network,
    admin,
    controllers,
    brokers,
    start: startBroker,
    /** Lets time go by until `work` settles. */
    async settled<Result>(work: Promise<Result>, maxMs = 60_000): Promise<Result> {
      let done = false
      const finished = work.finally(() => (done = true))
      finished.catch(() => undefined)
      await cluster.until(() => done, maxMs)
      return finished
    },
    /** Lets time go by until `condition` holds. @returns milliseconds that took */
    async until(condition: () => boolean, maxMs = 60_000): Promise<number> {
      const start = clock.now()
      while (!condition()) {
        if (clock.now() - start > maxMs) throw new Error(`not within ${maxMs} ms: ${String(condition)}`)
        await clock.advance(10)
      }
      return clock.now() - start
    },
    /** The process is gone, its connections are reset, and nobody is told. Its disk stays. */
    async kill(id: number) {
      const broker = brokers.get(id)
      if (broker === undefined) throw new Error(`broker ${id} runs`)
      brokers.delete(id)
      network.kill(`broker-${id}`)
      await cluster.settled(broker.close({ controlled: false }))
      return broker.storage
    },
    async stop(id: number) {
      const broker = brokers.get(id)
      if (broker === undefined) throw new Error(`broker ${id} runs`)
      await cluster.settled(broker.close())
      brokers.delete(id)
      return broker.storage
    },
    async close() {
      for (const id of brokers.keys()) await cluster.kill(id)
      await cluster.settled(
        Promise.all([admin.close(), ...controllers.map((controller) => controller.close())]),
      )
    },
  }
  return cluster
}

/** Every partition in `image`. */
export function partitionsOf(image: MetadataImage): PartitionImage[] {
  return Array.from(image.topics.values()).flatMap(({ partitions }) => Array.from(partitions.values()))
}

/** Mulberry32: small, and the same everywhere. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
