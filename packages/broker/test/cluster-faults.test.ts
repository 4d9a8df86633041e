import { createTopicsApi, unregisterBrokerApi } from '@quorate/controller'
import type { MetadataImage } from '@quorate/controller'
import t from 'tap'
import type { Test } from 'tap'
import { openBroker } from '../src/index.ts'
import { openCluster, partitionsOf } from './support/cluster.ts'

/** Three controllers and three brokers that run and hold one topic of three partitions. */
async function openShop(t: Test) {
  const cluster = await openCluster({ controllers: 3, brokers: 3 })
  t.teardown(() => cluster.close())
  const running = () => [...cluster.brokers.values()].every(({ broker }) => broker.state === 'running')
  const image = (): MetadataImage => {
    const leader = cluster.controllers.find(({ store }) => store.leadership.leading)
    return (leader ?? cluster.controllers[0]!).store.image
  }
  const everyIsr = (size: number) => () => partitionsOf(image()).every(({ isr }) => isr.length === size)
  const createTopic = (name: string) =>
    cluster.settled(
      cluster.admin.request(createTopicsApi, { topics: [{ name, partitions: 3, replicationFactor: 3 }] }),
    )
  await cluster.until(running)
  await createTopic('orders')
  return { cluster, createTopic, everyIsr, image, running }
}

t.test(
  'a broker that restarts within its session registers when the session of the old process ends',
  async (t) => {
    const { cluster, everyIsr, image, running } = await openShop(t)
    const before = image().brokers.get(2)
    const storage = await cluster.kill(2)
    const { broker } = await cluster.start(2, storage)
    const tookMs = await cluster.until(running)
    t.ok(tookMs > 7_000 && tookMs < 12_000, `after ${tookMs} ms`)
    t.not(broker.brokerEpoch, before?.brokerEpoch)
    await cluster.until(everyIsr(3))
  },
)

t.test('brokers run on while the active controller dies, and work with the next one', async (t) => {
  const { cluster, createTopic, image, running } = await openShop(t)
  const active = cluster.controllers.find(({ store }) => store.leadership.leading)
  if (active === undefined) throw new Error('a controller is active')
  cluster.controllers.splice(cluster.controllers.indexOf(active), 1)
  cluster.network.kill(active.host)
  await cluster.settled(active.close())
  const created = await createTopic('carts')
  t.notOk(created.topics[0]?.error)
  await cluster.clock.advance(20_000)
  t.ok(running())
  t.ok(
    [...image().brokers.values()].every(({ fenced }) => !fenced),
    'nobody was fenced',
  )
  for (const { broker } of cluster.brokers.values()) t.equal(broker.partitions.size, 6)
})

t.test('a broker that is cut off loses its leaders, and has its place again once it is back', async (t) => {
  const { cluster, everyIsr, image, running } = await openShop(t)
  const epoch = cluster.brokers.get(3)?.broker.brokerEpoch
  cluster.network.partition(
    ['broker-3'],
    cluster.controllers.map(({ host }) => host),
  )
  await cluster.until(() => image().brokers.get(3)?.fenced === true)
  t.ok(partitionsOf(image()).every(({ isr, leader }) => !isr.includes(3) && leader !== 3))
  await cluster.clock.advance(30_000)
  cluster.network.heal()
  await cluster.until(() => running() && image().brokers.get(3)?.fenced === false)
  await cluster.until(everyIsr(3))
  t.equal(cluster.brokers.get(3)?.broker.brokerEpoch, epoch, 'it is still registered')
})

t.test('a broker whose registration was removed registers again', async (t) => {
  const { cluster, everyIsr, running } = await openShop(t)
  const { broker } = cluster.brokers.get(1)!
  const epoch = broker.brokerEpoch
  await cluster.settled(cluster.admin.request(unregisterBrokerApi, { brokerId: 1 }))
  await cluster.until(() => broker.brokerEpoch !== epoch)
  await cluster.until(running)
  await cluster.until(everyIsr(3))
})

t.test('a second process with the id of a running broker never registers, and stops', async (t) => {
  const { cluster, running } = await openShop(t)
  const { store } = cluster.brokers.get(1)!
  const { clock, random, randomId, admin: controllers } = cluster
  const endpoints = [{ name: 'PLAINTEXT', host: 'elsewhere', port: 9092 }]
  const twin = { id: 1, clusterId: 'shop', endpoints, store, controllers, clock, random, randomId }
  const broker = await openBroker(twin)
  t.match(await cluster.settled(broker.failed, 61_000), {
    code: 'BROKER_REGISTRATION_TIMEOUT',
    details: { reason: 'DUPLICATE_BROKER_REGISTRATION' },
  })
  t.ok(running(), 'the one that was there first is not disturbed')
  const foreign = await openBroker({ ...twin, id: 9, clusterId: 'warehouse' })
  t.match(await cluster.settled(foreign.failed), {
    code: 'BROKER_REGISTRATION_REFUSED',
    details: { reason: 'INCONSISTENT_CLUSTER_ID' },
  })
})

t.test('all brokers but the last hand over when they stop; the last one keeps nobody waiting', async (t) => {
  const { cluster, image } = await openShop(t)
  for (const id of [1, 2]) {
    await cluster.stop(id)
    t.ok(partitionsOf(image()).every(({ leader }) => leader !== -1 && leader !== id))
  }
  const before = cluster.clock.now()
  await cluster.stop(3)
  t.ok(cluster.clock.now() - before < 20_000, 'well within the time limit')
  t.ok(partitionsOf(image()).every(({ leader, isr }) => leader === -1 && isr.join() === '3'))
  await cluster.start(1)
  await cluster.until(() => cluster.brokers.get(1)?.broker.state === 'running')
  t.ok(
    partitionsOf(image()).every(({ leader }) => leader === -1),
    'a replica that is not in sync cannot lead',
  )
  await cluster.start(3)
  await cluster.until(() =>
    partitionsOf(image()).every(({ leader, isr }) => leader === 3 && isr.length === 2),
  )
})

t.test('a broker in the process of a controller follows that controller’s store', async (t) => {
  const cluster = await openCluster({ controllers: 1, brokers: 0 })
  t.teardown(() => cluster.close())
  const { clock, random, randomId, admin: controllers } = cluster
  const { store } = cluster.controllers[0]!
  const endpoints = [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }]
  const broker = await openBroker({
    id: 1,
    clusterId: 'shop',
    endpoints,
    store,
    controllers,
    clock,
    random,
    randomId,
  })
  await cluster.settled(broker.ready())
  const topics = [{ name: 'orders', partitions: 2, replicationFactor: 1 }]
  await cluster.settled(controllers.request(createTopicsApi, { topics }))
  await cluster.until(() => broker.partitions.size === 2)
  await cluster.settled(broker.close())
  t.equal(store.image.brokers.get(1)?.fenced, true)
})
