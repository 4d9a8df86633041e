import t from 'tap'
import { openBroker } from '../src/index.ts'
import type { BrokerOptions } from '../src/index.ts'
import { recordingClock } from './support/recording-clock.ts'
import { settle } from './support/settle.ts'
import { broker, fence, metadataLog, partition, topic } from './support/metadata-log.ts'
import { scriptedControllers } from './support/scripted-controllers.ts'

const behind = { isCaughtUp: false, isFenced: true, shouldShutDown: false }
const alive = { isCaughtUp: true, isFenced: false, shouldShutDown: false }

/** Broker 1 on a log that has its registration at offset 0, which a scripted controller confirms. */
async function open(overrides: Partial<BrokerOptions> = {}) {
  const log = metadataLog()
  const time = recordingClock()
  const controllers = scriptedControllers()
  const { exchange } = controllers
  log.append(broker(1, 0))
  const opened = await openBroker({
    id: 1,
    clusterId: 'shop',
    endpoints: [{ name: 'PLAINTEXT', host: 'b1', port: 9092 }],
    store: log.store,
    controllers: controllers.client,
    clock: time.clock,
    random: () => 0.5,
    randomId: () => 'incarnation-1',
    ...overrides,
  })
  const run = async () => {
    await exchange({ brokerEpoch: 0 })
    await exchange(behind)
    await exchange({ ...alive, isFenced: true })
    await exchange(alive)
  }
  return { broker: opened, log, time, controllers, exchange, run }
}

t.test('a broker that opens registers, follows the metadata, and is ready once it is unfenced', async (t) => {
  const { broker, log, exchange } = await open({ rack: 'r1' })
  const ready = broker.ready()
  t.equal(broker.state, 'starting')
  t.notOk(broker.serving)
  await settle()
  const register = await exchange({ brokerEpoch: 0 })
  t.match(register.body, { brokerId: 1, clusterId: 'shop', incarnationId: 'incarnation-1', rack: 'r1' })
  t.match((await exchange(behind)).body, { currentMetadataOffset: 0, wantFence: true })
  t.match((await exchange({ ...alive, isFenced: true })).body, { currentMetadataOffset: 1, wantFence: true })
  t.throws(() => broker.throwIfNotServing(), {
    code: 'BROKER_NOT_SERVING',
    retriable: true,
    details: { state: 'recovery' },
  })
  t.match((await exchange(alive)).body, { wantFence: false })
  await ready
  t.equal(broker.brokerEpoch, 0)
  t.ok(broker.serving)
  broker.throwIfNotServing()

  log.append(fence(1, 0, false), topic('T1', 'orders'), partition('T1', 0, [1]))
  await settle()
  t.equal(broker.metadata?.offset, 4)
  t.match(broker.metadata?.leaderOf('T1', 0), { broker: { brokerId: 1 } })
  t.match([...broker.partitions], [{ topicName: 'orders', partitionId: 0, role: 'leader' }])
  await broker.close({ controlled: false })
})

t.test('heartbeats report only what every publisher was given', async (t) => {
  const gate = Promise.withResolvers<void>()
  const seen: (number | undefined)[] = []
  const slow = {
    name: 'slow',
    publish: () => {
      seen.push(opened.broker.metadata?.offset)
      return gate.promise
    },
  }
  const opened = await open({ publishers: [slow] })
  const { broker, exchange } = opened
  await exchange({ brokerEpoch: 0 })
  t.strictSame(seen, [1], "the caller's publishers find the broker's own already done")
  t.match((await exchange(behind)).body, {
    currentMetadataOffset: 0,
  })
  gate.resolve()
  await settle()
  t.match((await exchange({ ...alive, isFenced: true })).body, { currentMetadataOffset: 1 })
  await broker.close({ controlled: false })
})

t.test('the in-sync set of a partition this broker leads grows when a replica comes online', async (t) => {
  const { broker: opened, log, controllers, run } = await open()
  await run()
  log.append(fence(1, 0, false), broker(2, 9), topic('T1', 'orders'), partition('T1', 0, [1, 2], [1]))
  log.append(fence(2, 9, false))
  await settle()
  const request = await controllers.next()
  t.equal(request.api, 'AlterPartition')
  t.match(request.body, { brokerId: 1, brokerEpoch: 0 })
  await opened.close({ controlled: false })
})

t.test('closing moves the leaders away first, and goes on following and serving meanwhile', async (t) => {
  const { broker, log, time, exchange, run } = await open()
  await run()
  const closing = broker.close()
  t.equal(broker.state, 'pending-controlled-shutdown')
  t.ok(broker.serving)
  t.match((await exchange(alive)).body, { wantShutDown: true })
  log.append(topic('T1', 'orders'))
  await settle()
  t.equal(broker.metadata?.offset, 2)
  await time.advance(50)
  await exchange({ ...alive, shouldShutDown: true })
  await closing
  t.equal(broker.state, 'not-running')
  t.notOk(broker.serving)
  await broker.close()
  await t.rejects(broker.ready(), { code: 'BROKER_CLOSED' })
  t.equal(time.pendingTimers, 0)
})

t.test('a controlled shutdown that has begun can be cut short', async (t) => {
  const { broker, controllers, run } = await open()
  await run()
  const graceful = broker.close()
  const request = await controllers.next()
  await Promise.all([graceful, broker.close({ controlled: false })])
  t.ok(request.options.signal?.aborted)
  t.equal(broker.state, 'not-running')
})

t.test(
  'what a broker stops of by itself is in failed and in ready, after everything is closed',
  async (t) => {
    const closed: string[] = []
    const publisher = {
      name: 'configs',
      publish: () => {
        throw new Error('no space')
      },
      close: () => void closed.push('configs'),
    }
    const { broker, exchange } = await open({ publishers: [publisher] })
    const ready = broker.ready()
    ready.catch(() => undefined)
    await exchange({ brokerEpoch: 0 })
    t.match(await broker.failed, { code: 'BROKER_PUBLISH_FAILED' })
    t.strictSame(closed, ['configs'])
    await t.rejects(ready, { code: 'BROKER_PUBLISH_FAILED' })
    await broker.close()
  },
)

t.test('a store that fails takes the broker with it', async (t) => {
  const { broker, log, run } = await open()
  await run()
  log.fail(new Error('disk failed'))
  t.match(await broker.failed, {
    code: 'BROKER_STORE_FAILED',
    message: 'the metadata store failed: disk failed',
    cause: { message: 'disk failed' },
  })
  t.equal(broker.state, 'not-running')
})

t.test('a store that fails after the broker was closed is no concern of it', async (t) => {
  const { broker, log, run } = await open()
  await run()
  await broker.close({ controlled: false })
  log.fail(new Error('disk failed'))
  await settle()
  t.equal(broker.state, 'not-running')
})

t.test('the metadata can be read from a broker that serves no clients', async (t) => {
  const { broker } = await open()
  t.notOk(broker.serving)
  t.strictSame(
    broker.handlers.map(({ api }) => api.name),
    ['DescribeCluster', 'DescribeQuorum', 'DescribeTopics', 'ImageHash'],
  )
  await broker.close()
})

t.test('ready gives up when its signal aborts, and the broker goes on', async (t) => {
  const { broker } = await open()
  await t.rejects(broker.ready({ signal: AbortSignal.abort(new Error('enough')) }), { message: 'enough' })
  t.equal(broker.state, 'starting')
  await broker.close()
})

t.test('options that are wrong are refused with the name of each field', async (t) => {
  await t.rejects(open({ id: -1, endpoints: [], heartbeatIntervalMs: 0 }), {
    name: 'TypeError',
    message: /openBroker: invalid options[\s\S]*at id[\s\S]*at endpoints[\s\S]*at heartbeatIntervalMs/,
  })
  await t.rejects(
    open({ minRetryBackoffMs: 500, maxRetryBackoffMs: 100 }),
    /must be at least minRetryBackoffMs/,
  )
  const endpoint = { name: 'PLAINTEXT', host: 'b1', port: 9092 }
  await t.rejects(open({ endpoints: [endpoint, endpoint] }), /names must not repeat/)
})
