import { openMemoryLog } from '@quorate/log/memory'
import { rpcTransport } from '@quorate/raft/rpc'
import { openStore } from '@quorate/store'
import { rpcClient, serveRpc } from '@quorate/transport'
import type { Address, Transport } from '@quorate/transport'
import { memoryNetwork } from '@quorate/transport-memory'
import { manualClock } from '@quorate/transport/testing'
import { controllerClient } from '../../src/client.ts'
import { openController } from '../../src/controller.ts'
import { metadata } from '../../src/metadata.ts'
import { idSource, seededRandom } from './model.ts'

const clusterId = 'cluster'

/** Controllers 1 to `count` on the real store and Raft, with memory for network and disks, under virtual time. */
export async function openQuorum(count: number) {
  const clock = manualClock()
  const random = seededRandom(3)
  const randomId = idSource()
  const network = memoryNetwork({ clock, random })
  const voters = Array.from({ length: count }, (_, index) => index + 1)
  const peers = new Map(voters.map((id) => [id, `controller-${id}:9093`]))
  const connectFrom = (transport: Transport) => (address: Address) =>
    rpcClient({ transport, address, clock, random })

  async function start(id: number) {
    const transport = network.transport(`controller-${id}`)
    const log = await openMemoryLog({ now: () => clock.wallTime() })
    const raft = rpcTransport({ peers, connect: connectFrom(transport) })
    const store = openStore(metadata, {
      raft: { id, directoryId: `directory-${id}`, clusterId, voters, log, transport: raft, clock, random },
    })
    const controller = openController({ store, clusterId, clock, random, randomId })
    const handlers = [...raft.handlers, ...controller.handlers]
    const server = await serveRpc({ transport, address: peers.get(id) ?? '', handlers })
    const close = async () => {
      await server.close()
      await controller.close()
      await store.close()
      await raft.close()
      await log.close()
    }
    return { id, controller, store, close }
  }

  const nodes = await Promise.all(voters.map(start))
  const admin = connectFrom(network.transport('admin'))
  const controllers = [...peers].map(([id, address]) => ({ id, address }))
  const client = controllerClient({ controllers, connect: admin, clock, random })

  /** Lets time go by until `work` is done. */
  async function during<Result>(work: Promise<Result>): Promise<Result> {
    const progress = { done: false }
    const finished = work.finally(() => {
      progress.done = true
    })
    finished.catch(() => undefined)
    while (!progress.done) await clock.advance(10)
    return finished
  }

  return {
    nodes,
    client,
    clock,
    during,
    /** A client of one controller alone. */
    only: (id: number) => admin(peers.get(id) ?? ''),
    kill: (id: number) => network.kill(`controller-${id}`),
    async close() {
      await during(client.close())
      await during(Promise.all(nodes.map((node) => node.close())))
    },
  }
}
