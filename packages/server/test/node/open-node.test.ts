import t, { type Test } from 'tap'
import { createTopicsApi, imageHash } from '@quorate/controller'
import { createLog, openLog, type RaftLog } from '@quorate/log'
import { openMemoryLog } from '@quorate/log/memory'
import { systemClock, systemRandom } from '@quorate/transport'
import { memoryNetwork, type MemoryNetwork } from '@quorate/transport-memory'
import { MemoryLevel } from 'memory-level'
import { openClusterClient } from '../../src/client/cluster-client.ts'
import { openObserver } from '../../src/client/open-observer.ts'
import type { Role } from '../../src/config/schema.ts'
import { openNode, type Node } from '../../src/node/open-node.ts'

const clusterId = 'test-cluster'
const controllers = [1, 2, 3].map((id) => ({ id, address: `node-${id}` }))

interface Options {
  readonly network: MemoryNetwork
  readonly nodeId: number
  readonly roles: readonly Role[]
  readonly openLog?: () => Promise<RaftLog>
}

async function open(t: Test, { network, nodeId, roles, ...options }: Options): Promise<Node> {
  const node = await openNode({
    identity: { clusterId, nodeId, directoryId: `directory-${nodeId}` },
    roles,
    controllers,
    transport: network.transport(`node-${nodeId}`),
    address: `node-${nodeId}`,
    endpoints: (address) => [{ name: 'TEST', host: address, port: 0 }],
    openLog: options.openLog ?? (() => openMemoryLog()),
    raft: { electionTimeoutMs: 50 },
    heartbeatIntervalMs: 50,
    controlledShutdownTimeoutMs: 200,
  })
  t.teardown(() => node.close())
  return node
}

t.test('three nodes that are controller and broker in one are a cluster', async (t) => {
  const network = memoryNetwork()
  const roles = ['controller', 'broker'] as const
  const nodes = await Promise.all([1, 2, 3].map((nodeId) => open(t, { network, nodeId, roles })))
  await Promise.all(nodes.map((node) => node.ready()))
  t.strictSame(
    nodes.map(({ broker }) => broker?.state),
    ['running', 'running', 'running'],
  )

  const ports = { transport: network.transport('client'), clock: systemClock, random: systemRandom }
  await using client = await openClusterClient({ ...ports, bootstrap: ['nobody', 'node-2'] })
  t.strictSame(client.node, { nodeId: 2, clusterId, roles: [...roles], controllers })
  await using observer = await openObserver({ ...ports, clusterId, controllers })
  const topics = [{ name: 'orders', partitions: 3, replicationFactor: 3 }]
  await client.controllers.request(createTopicsApi, { topics })
  for await (const { image } of observer.store.changes()) if (image.topicIds.has('orders')) break
  const { offset } = observer.store
  await Promise.all(nodes.map((node) => node.store.reached(offset)))
  const images = [observer.store.image, ...nodes.map((node) => node.store.image)]
  t.equal(new Set(images.map((image) => imageHash(image))).size, 1, 'all see the same, the observer too')
})

t.test('a node that starts again on its log has the metadata it had', async (t) => {
  const network = memoryNetwork()
  const databases = [new MemoryLevel(), new MemoryLevel()] as const
  for (const database of databases) await createLog({ database })
  const start = () =>
    Promise.all([
      open(t, {
        network,
        nodeId: 1,
        roles: ['controller'],
        openLog: () => openLog({ database: databases[0] }),
      }),
      open(t, {
        network,
        nodeId: 2,
        roles: ['controller'],
        openLog: () => openLog({ database: databases[1] }),
      }),
    ])
  const before = await start()
  const broker = await open(t, { network, nodeId: 4, roles: ['broker'] })
  await broker.ready()
  const { offset } = broker.store
  await Promise.all([broker, ...before].map((node) => node.close()))

  const after = await start()
  for (const node of after) {
    await node.store.reached(offset)
    t.ok(node.store.image.brokers.has(4), `node ${node.nodeId} knows the broker`)
  }
})

t.test('an address in use is found before the log is opened', async (t) => {
  const network = memoryNetwork()
  await open(t, { network, nodeId: 1, roles: ['controller'] })
  const never = () => t.fail('the log was opened') as never
  await t.rejects(open(t, { network, nodeId: 1, roles: ['controller'], openLog: never }), {
    code: 'TRANSPORT_ADDRESS_IN_USE',
  })
})

t.test('a log that does not open leaves nothing listening', async (t) => {
  const network = memoryNetwork()
  const openLog = () => Promise.reject(new Error('no log'))
  await t.rejects(open(t, { network, nodeId: 1, roles: ['controller'], openLog }), { message: 'no log' })
  await open(t, { network, nodeId: 1, roles: ['controller'] })
  t.pass('the address is free again')
})

t.test('a broker that is closed before it is ready says so', async (t) => {
  const network = memoryNetwork()
  const node = await open(t, { network, nodeId: 4, roles: ['broker'] })
  const ready = t.rejects(node.ready(), { code: 'BROKER_CLOSED' })
  await node.close()
  await ready
})
