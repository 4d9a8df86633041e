import { createTopicsApi, imageHash } from '@quorate/controller'
import t from 'tap'
import { openCluster, partitionsOf } from './support/cluster.ts'

const topics = [
  { name: 'orders', partitions: 6, replicationFactor: 3 },
  { name: 'carts', partitions: 3, replicationFactor: 3 },
]

for (const controllers of [1, 3]) {
  t.test(`${controllers} controllers and 3 brokers, from registration to a graceful stop`, async (t) => {
    const cluster = await openCluster({ controllers, brokers: 3 })
    t.teardown(() => cluster.close())
    const { brokers } = cluster
    const running = () => [...brokers.values()].every(({ broker }) => broker.state === 'running')
    const [controller] = cluster.controllers
    if (controller === undefined) throw new Error('there is a controller')
    const partitions = () => partitionsOf(controller.store.image)
    const agreed = () =>
      [...brokers.values()].every(({ broker }) => broker.metadata?.offset === controller.store.offset)

    await t.test('all brokers register, catch up and are unfenced', async (t) => {
      await cluster.until(running)
      const registered = [...controller.store.image.brokers.values()]
      t.equal(registered.length, 3)
      t.ok(registered.every(({ fenced }) => !fenced))
    })

    await t.test(
      'every broker holds its share of the topics, and each partition has one leader',
      async (t) => {
        const created = await cluster.settled(cluster.admin.request(createTopicsApi, { topics }))
        t.notOk(created.topics.some(({ error }) => error))
        await cluster.until(agreed)
        for (const { broker } of brokers.values()) t.equal(broker.partitions.size, 9)
        const led = [...brokers.values()].map(
          ({ broker }) => [...broker.partitions].filter(({ role }) => role === 'leader').length,
        )
        t.strictSame(led, [3, 3, 3])
      },
    )

    await t.test('a broker that dies is fenced when its session ends, and its leaders move', async (t) => {
      const storage = await cluster.kill(2)
      const tookMs = await cluster.until(() => partitions().every(({ isr }) => !isr.includes(2)))
      t.ok(tookMs >= 7_000 && tookMs < 12_000, `noticed after its session of 9 s: ${tookMs} ms`)
      t.ok(partitions().every(({ leader, isr }) => isr.includes(leader) && isr.length === 2))
      await cluster.until(agreed)
      await cluster.start(2, storage)
    })

    await t.test('when it returns, the leaders take it back into every in-sync set', async (t) => {
      await cluster.until(running)
      await cluster.until(() => partitions().every(({ isr }) => isr.length === 3))
      await cluster.until(agreed)
      t.equal(brokers.get(2)?.broker.partitions.size, 9)
    })

    await t.test(
      'a broker that stops gracefully leaves no partition without a leader at any change',
      async (t) => {
        const leaderless: unknown[] = []
        const aborting = new AbortController()
        let changes = 0
        const watching = (async () => {
          for await (const { image } of controller.store.changes({ signal: aborting.signal })) {
            changes++
            leaderless.push(...partitionsOf(image).filter(({ leader }) => leader === -1))
          }
        })().catch(() => undefined)
        const storage = await cluster.stop(1)
        t.equal(
          controller.store.image.brokers.get(1)?.fenced,
          true,
          'it left with the consent of the controller',
        )
        t.ok(partitions().every(({ leader, isr }) => leader !== 1 && !isr.includes(1)))
        await cluster.start(1, storage)
        await cluster.until(running)
        await cluster.until(() => partitions().every(({ isr }) => isr.length === 3))
        aborting.abort()
        await watching
        t.ok(changes > 3)
        t.strictSame(leaderless, [])
      },
    )

    await t.test('every image is the same at the same offset', async (t) => {
      await cluster.until(agreed)
      const images = [
        ...cluster.controllers.map(({ store }) => store.image),
        ...[...brokers.values()].map(({ broker }) => broker.metadata!.image),
      ]
      t.equal(new Set(images.map((image) => imageHash(image))).size, 1)
    })
  })
}
