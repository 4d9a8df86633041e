import { StoreError } from '@quorate/store'
import type { Api } from '@quorate/transport'
import { manualClock } from '@quorate/transport/testing'
import t from 'tap'
import type { Test } from 'tap'
import { alterPartitionApi } from '../src/api/alter-partition.ts'
import { brokerHeartbeatApi, brokerRegistrationApi, unregisterBrokerApi } from '../src/api/brokers.ts'
import { barrierApi, describeClusterApi } from '../src/api/cluster.ts'
import { createTopicsApi, deleteTopicsApi, describeTopicsApi } from '../src/api/topics.ts'
import { openController } from '../src/controller.ts'
import type { MetadataRecord } from '../src/records.ts'
import { MemoryStore } from './support/memory-store.ts'
import { assertPartitionInvariants, broker, idSource, seededRandom, topic } from './support/model.ts'

const clusterId = 'cluster'

function setUp(t: Test, records: readonly MetadataRecord[] = []) {
  const store = new MemoryStore(records)
  const clock = manualClock()
  const controller = openController({
    store,
    clusterId,
    clock,
    random: seededRandom(1),
    randomId: idSource(),
    maxRecordsPerBatch: 4,
  })
  t.teardown(() => controller.close())
  const call = async <Request, Response>(
    api: Api<Request, Response>,
    request: Request,
  ): Promise<Response> => {
    const handled = controller.handlers.find(({ api: { key } }) => key === api.key)
    const context = { version: 0, remoteAddress: 'test', signal: new AbortController().signal }
    return (await handled?.handler(request, context)) as Response
  }
  const register = (brokerId: number, incarnationId: string) =>
    call(brokerRegistrationApi, {
      brokerId,
      clusterId,
      incarnationId,
      endpoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }],
    })
  const beat = (brokerId: number, fields: object = {}) =>
    call(brokerHeartbeatApi, {
      brokerId,
      brokerEpoch: store.image.brokers.get(brokerId)?.brokerEpoch ?? 0,
      currentMetadataOffset: store.offset,
      wantFence: false,
      wantShutDown: false,
      ...fields,
    })
  return { store, clock, controller, call, register, beat }
}
t.test('a controller that is not active takes no write, and says who does', async (t) => {
  const { call, controller, store } = setUp(t)
  t.match(controller.status(), { active: false, epoch: 0, leaderId: undefined })
  await t.rejects(call(createTopicsApi, { topics: [] }), {
    code: 'NOT_CONTROLLER',
    details: {},
    retriable: true,
  })
  store.follow(3, 2)
  for (const [api, request] of [
    [createTopicsApi, { topics: [] }],
    [deleteTopicsApi, { topics: [] }],
    [alterPartitionApi, { brokerId: 1, brokerEpoch: 1, topics: [] }],
    [unregisterBrokerApi, { brokerId: 1 }],
    [barrierApi, {}],
  ] as const) {
    await t.rejects(call(api as Api, request), { code: 'NOT_CONTROLLER', details: { leaderId: 2 } }, api.name)
  }
  t.match(controller.status(), { active: false, epoch: 3, leaderId: 2 })
})

t.test('what the store says of a write reaches the caller as what it means', async (t) => {
  const { call, store } = setUp(t)
  store.lead(1)
  const create = () => call(createTopicsApi, { topics: [] })
  await create()
  for (const [code, expected] of [
    ['STORE_OUTCOME_UNKNOWN', { code: 'OUTCOME_UNKNOWN', retriable: false }],
    ['STORE_OVERLOADED', { code: 'RPC_OVERLOADED', retriable: true }],
    ['STORE_CLOSED', { code: 'NODE_NOT_READY', retriable: true }],
    ['STORE_NOT_LEADER', { code: 'NOT_CONTROLLER', retriable: true }],
    ['STORE_BATCH_TOO_LARGE', { code: 'POLICY_VIOLATION', retriable: false }],
    ['STORE_RECORD_INVALID', { name: 'StoreError', code: 'STORE_RECORD_INVALID' }],
  ] as const) {
    store.failures.push(new StoreError(code, 'as it happens'))
    await t.rejects(create(), expected, code)
  }
})

t.test('a broker registers, comes online, and is fenced when it falls silent', async (t) => {
  const { beat, clock, register, store } = setUp(t, topic('orders'))
  store.lead(1)
  await clock.advance(0)
  const { brokerEpoch } = await register(1, 'first')
  t.equal(brokerEpoch, 1)
  t.match(await beat(1, { currentMetadataOffset: 1 }), { isCaughtUp: false, isFenced: true })
  t.match(await beat(1), { isCaughtUp: true, isFenced: false })
  await clock.advance(8_999)
  t.equal(store.image.brokers.get(1)?.fenced, false)
  await beat(1)
  await clock.advance(8_999)
  t.equal(store.image.brokers.get(1)?.fenced, false)
  await clock.advance(1)
  t.equal(store.image.brokers.get(1)?.fenced, true)
  t.match(await beat(1), { isFenced: false }, 'and comes back with its next heartbeat')
})

t.test('a process that restarted registers once the session before it has ended', async (t) => {
  const { beat, clock, register, store } = setUp(t)
  store.lead(1)
  await register(1, 'first')
  await beat(1)
  await t.rejects(register(1, 'second'), { code: 'DUPLICATE_BROKER_REGISTRATION', retriable: true })
  await clock.advance(9_000)
  t.ok((await register(1, 'second')).brokerEpoch > 0)
})

t.test('a broker that died with the controller before is fenced by the next', async (t) => {
  const { beat, clock, store } = setUp(t, [broker(1), broker(2), ...topic('orders', [1, 2])])
  await clock.advance(20_000)
  store.lead(5)
  await clock.advance(5_000)
  await beat(2)
  await clock.advance(4_000)
  t.same([store.image.brokers.get(1)?.fenced, store.image.brokers.get(2)?.fenced], [true, false])
  t.match(store.model.partition('orders'), { isr: [2], leader: 2 })
})

t.test('brokers whose sessions end together are fenced one after the other', async (t) => {
  const partitions = Array.from({ length: 10 }, () => [1, 2, 3])
  const { clock, store } = setUp(t, [broker(1), broker(2), broker(3), ...topic('orders', ...partitions)])
  store.lead(1)
  await clock.advance(9_000)
  t.ok(Array.from(store.image.brokers.values()).every(({ fenced }) => fenced))
  t.match(store.model.partition('orders'), { isr: [3], leader: -1 })
  assertPartitionInvariants(store.image)
})

t.test('a broker that is heard of while its fencing waits is not fenced', async (t) => {
  const { beat, clock, store } = setUp(t, [broker(1)])
  store.lead(1)
  await clock.advance(8_999)
  const busy = Promise.withResolvers<void>()
  store.held = busy.promise
  await clock.advance(1)
  const heartbeat = beat(1)
  store.held = undefined
  busy.resolve()
  t.match(await heartbeat, { isFenced: false })
  t.equal(store.image.brokers.get(1)?.fenced, false)
  await clock.advance(9_000)
  t.equal(store.image.brokers.get(1)?.fenced, true, 'but when it falls silent again')
})

t.test('a fencing that could not be written is tried again', async (t) => {
  const { clock, store } = setUp(t, [broker(1)])
  store.lead(1)
  await clock.advance(8_999)
  store.failures.push(new StoreError('STORE_OVERLOADED', 'too much'))
  await clock.advance(1)
  t.equal(store.image.brokers.get(1)?.fenced, false)
  await clock.advance(1_000)
  t.equal(store.image.brokers.get(1)?.fenced, true)
})

t.test('a controller that is active no more fences nobody', async (t) => {
  const { clock, store } = setUp(t, [broker(1)])
  store.lead(1)
  await clock.advance(5_000)
  store.follow(2, 7)
  await clock.advance(1)
  t.equal(clock.pendingTimers, 0)
  store.lead(3)
  await clock.advance(8_999)
  t.equal(store.image.brokers.get(1)?.fenced, false, 'and begins to count anew in its next reign')
  await clock.advance(1)
  t.equal(store.image.brokers.get(1)?.fenced, true)
})

t.test('a controller that becomes active finishes the elections the one before left undone', async (t) => {
  const partitions = Array.from({ length: 10 }, () => [1])
  const { clock, store } = setUp(t, [broker(1, { fenced: true }), ...topic('orders')])
  const leaderless = partitions.map(
    (replicas, partitionId) =>
      ({
        type: 'PartitionRecord',
        topicId: 'id-of-orders',
        partitionId,
        replicas,
        isr: [1],
        leader: -1,
        leaderEpoch: 0,
        partitionEpoch: 0,
      }) as const,
  )
  store.model.append(leaderless)
  store.model.append([{ type: 'BrokerRegistrationChange', brokerId: 1, brokerEpoch: 100, fenced: false }])
  store.lead(1)
  await clock.advance(0)
  t.notOk(store.image.partitionsByLeader.has(-1))
})

t.test('a broker that shuts down moves its leaders first, in as many batches as it takes', async (t) => {
  const partitions = Array.from({ length: 10 }, () => [1, 2])
  const { beat, store } = setUp(t, [broker(1), broker(2), ...topic('orders', ...partitions)])
  store.lead(1)
  await beat(1)
  t.match(await beat(1, { wantShutDown: true }), { shouldShutDown: false })
  t.notOk(store.image.partitionsByLeader.has(1))
  const moved = store.offset
  await beat(2, { currentMetadataOffset: moved - 1 })
  t.match(await beat(1, { wantShutDown: true }), { shouldShutDown: false }, 'broker 2 has not seen it')
  await beat(2, { currentMetadataOffset: moved })
  t.match(await beat(1, { wantShutDown: true }), { shouldShutDown: true, isFenced: true })
})

t.test('a broker that comes back leads what waited for it, in as many batches as it takes', async (t) => {
  const partitions = Array.from({ length: 10 }, () => [1])
  const { beat, store } = setUp(t, [broker(1), ...topic('orders', ...partitions)])
  store.lead(1)
  await beat(1, { wantFence: true })
  t.equal(store.image.partitionsByLeader.get(-1)?.get('id-of-orders')?.size, 10)
  await beat(1, { currentMetadataOffset: 101 })
  t.notOk(store.image.partitionsByLeader.has(-1))
})

t.test('unregistering a broker with many partitions takes several batches', async (t) => {
  const partitions = Array.from({ length: 10 }, () => [1, 2])
  const { call, store } = setUp(t, [broker(1), broker(2), ...topic('orders', ...partitions)])
  store.lead(1)
  await call(unregisterBrokerApi, { brokerId: 1 })
  t.notOk(store.image.brokers.has(1))
  await t.rejects(call(unregisterBrokerApi, { brokerId: 1 }), { code: 'BROKER_ID_NOT_REGISTERED' })
})

t.test('brokers and topics are described by any node, in order', async (t) => {
  const { call } = setUp(t, [
    broker(2, { fenced: true }),
    broker(3, { inControlledShutdown: true }),
    broker(1, { rack: 'a' }),
    ...topic('b', [1], [2]),
    ...topic('a', [1], [1], [1]),
  ])
  const { brokers, topicCount } = await call(describeClusterApi, {})
  t.match(brokers, [
    { brokerId: 1, rack: 'a', state: 'unfenced' },
    { brokerId: 2, state: 'fenced' },
    { brokerId: 3, state: 'controlled-shutdown' },
  ])
  t.equal(topicCount, 2)
  const pages: string[][] = []
  for (let cursor: { topicName: string; partitionId: number } | undefined; ;) {
    const page = await call(describeTopicsApi, { partitionLimit: 2, cursor })
    pages.push(
      page.topics.flatMap(({ name, partitions }) => partitions.map((p) => `${name}-${p.partitionId}`)),
    )
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  t.same(pages, [['a-0', 'a-1'], ['a-2', 'b-0'], ['b-1']])
  const named = await call(describeTopicsApi, { names: ['b', 'none'] })
  t.match(named.topics, [
    { name: 'b', topicId: 'id-of-b' },
    { name: 'none', error: 'UNKNOWN_TOPIC_OR_PARTITION' },
  ])
})

t.test('a closed controller takes no write and sets no timer, and closing twice is one', async (t) => {
  const { call, clock, controller, store } = setUp(t, [broker(1)])
  store.lead(1)
  await clock.advance(1)
  await Promise.all([controller.close(), controller.close()])
  t.equal(clock.pendingTimers, 0)
  await t.rejects(call(createTopicsApi, { topics: [] }), { code: 'NOT_CONTROLLER' })
  t.equal(controller.status().active, false)
})

t.test('options that are wrong are refused by name', async (t) => {
  const { clock } = setUp(t)
  const good = { store: new MemoryStore(), clusterId, clock, random: () => 0, randomId: () => '' }
  t.throws(() => openController({ ...good, sessionTimeoutMs: 0 }), {
    name: 'TypeError',
    message: /sessionTimeoutMs/,
  })
  t.throws(() => openController({ ...good, clusterId: '' }), { name: 'TypeError', message: /clusterId/ })
})
