import { join } from 'node:path'
import { createLog, type Log, openLog } from '@quorate/log'
import { rpcClient, serveRpc, systemClock, systemRandom, type RpcServer } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import t from 'tap'
import { openRaft, type RaftNode } from '../../src/index.ts'
import { rpcTransport, type RpcRaftTransport } from '../../src/rpc/index.ts'

const transport = tcp()
const ids = [1, 2, 3]

/** A node on LevelDB and TCP. Its address is known before it runs, and stays the same over restarts. */
class DiskNode {
  readonly id: number
  address = '127.0.0.1:0'
  applied: string[] = []
  raft!: RaftNode
  #handlers!: RpcRaftTransport
  #server: RpcServer | undefined
  #log!: Log
  readonly #directory: string

  constructor(id: number, directory: string) {
    this.id = id
    this.#directory = join(directory, String(id))
  }

  /** Reserves a port that stays free for as long as nobody else asks for one. */
  async reserve(): Promise<void> {
    await createLog({ path: this.#directory })
    const server = await serveRpc({ transport, address: this.address, handlers: [] })
    this.address = server.address
    await server.close()
  }

  async start(peers: ReadonlyMap<number, string>): Promise<void> {
    this.applied = []
    this.#log = await openLog({ path: this.#directory })
    this.#handlers = rpcTransport({
      peers,
      connect: (address) => rpcClient({ transport, address, clock: systemClock, random: systemRandom }),
    })
    this.#server = await serveRpc({
      transport,
      address: this.address,
      handlers: [...this.#handlers.handlers],
    })
    this.raft = openRaft({
      id: this.id,
      directoryId: `d${this.id}`,
      clusterId: 'c',
      voters: ids,
      log: this.#log,
      transport: this.#handlers,
      stateMachine: {
        apply: (batches) => {
          const data = batches.filter(({ attributes }) => attributes === 0)
          this.applied.push(...data.map(({ payload }) => new TextDecoder().decode(payload)))
        },
        leadership: () => undefined,
      },
      electionTimeoutMs: 200,
    })
  }

  async stop(): Promise<void> {
    await this.raft.close()
    await this.#server?.close()
    await this.#handlers.close()
    await this.#log.close()
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

t.test(
  'three nodes on LevelDB and TCP commit, replace their leader, and find everything on disk again',
  async (t) => {
    const nodes = ids.map((id) => new DiskNode(id, t.testdir()))
    await Promise.all(nodes.map((node) => node.reserve()))
    const peers = new Map(nodes.map((node) => [node.id, node.address]))
    await Promise.all(nodes.map((node) => node.start(peers)))
    const leader = (): DiskNode | undefined => nodes.find((node) => node.raft.status().role === 'leader')

    await until(() => leader() !== undefined)
    const first = leader()!
    first.raft.propose(new TextEncoder().encode('one'))
    await until(() => nodes.every((node) => node.applied.length === 1))

    await first.stop()
    const rest = nodes.filter((node) => node !== first)
    await until(() => rest.some((node) => node.raft.status().role === 'leader'))
    rest.find((node) => node.raft.status().role === 'leader')!.raft.propose(new TextEncoder().encode('two'))
    await until(() => rest.every((node) => node.applied.length === 2))

    await first.start(peers)
    await until(() => first.applied.length === 2)
    t.same(first.applied, ['one', 'two'], 'the old leader follows and catches up')

    await Promise.all(nodes.map((node) => node.stop()))
    await Promise.all(nodes.map((node) => node.start(peers)))
    await until(() => nodes.every((node) => node.applied.length === 2))
    for (const node of nodes) t.same(node.applied, ['one', 'two'], `node ${node.id}, after all were down`)
    await Promise.all(nodes.map((node) => node.stop()))
  },
)
