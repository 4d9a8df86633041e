// Three controllers and three brokers inside one process: no sockets and no disk, and the same code as everywhere else.
import { barrierApi, controllerClient, createTopicsApi, imageHash } from '@quorate/controller'
import { createLog, openLog } from '@quorate/log'
import { openNode, type Node, type Role } from '@quorate/server'
import { rpcClient, systemClock, systemRandom } from '@quorate/transport'
import { memoryNetwork } from '@quorate/transport-memory'
import { MemoryLevel } from 'memory-level'

const network = memoryNetwork()
const controllers = [1, 2, 3].map((id) => ({ id, address: `node-${id}` }))

const nodes = await Promise.all([
  ...[1, 2, 3].map((id) => startNode(id, 'controller')),
  ...[4, 5, 6].map((id) => startNode(id, 'broker')),
])
await Promise.all(nodes.map((node) => node.ready()))

const client = controllerClient({
  controllers,
  connect: (address) =>
    rpcClient({ transport: network.transport('client'), address, clock: systemClock, random: systemRandom }),
  clock: systemClock,
  random: systemRandom,
})
const topics = Array.from({ length: 60 }, (_, index) => ({
  name: `topic-${index + 1}`,
  partitions: 10,
  replicationFactor: 3,
}))
const created = await client.request(createTopicsApi, { topics })
const refused = created.topics.filter(({ error }) => error !== undefined)

const { offset } = await client.request(barrierApi, {})
await Promise.all(nodes.map((node) => node.store.reached(offset)))
const hashes = nodes.map((node) => imageHash(node.store.image))
for (const [index, node] of nodes.entries()) console.log(`node ${node.nodeId}  ${hashes[index]}`)
const agree = refused.length === 0 && new Set(hashes).size === 1

// performance.now counts from the start of the process.
console.log(`${agree ? 'six nodes agree' : 'THE NODES DIFFER'} on ${topics.length} topics`)
console.log(`${performance.now().toFixed(0)} ms since the process started`)

await client.close()
for (const node of nodes.toReversed()) await node.close()
process.exitCode = agree ? 0 : 1

async function startNode(nodeId: number, role: Role): Promise<Node> {
  const address = `node-${nodeId}`
  const database = new MemoryLevel()
  await createLog({ database })
  return openNode({
    identity: { clusterId: 'embedded', nodeId, directoryId: `memory-${nodeId}` },
    roles: [role],
    controllers,
    transport: network.transport(address),
    address,
    endpoints: () => [{ name: 'INTERNAL', host: address, port: 0 }],
    openLog: () => openLog({ database }),
    // Nothing can delay a message here for long, so an election need not wait long either.
    raft: { electionTimeoutMs: 50, electionBackoffMaxMs: 50 },
    heartbeatIntervalMs: 200,
    controlledShutdownTimeoutMs: 1000,
  })
}
