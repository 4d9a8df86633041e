import type { MetadataRecord } from '@quorate/controller'
import { silentLogger } from '@quorate/transport'
import t from 'tap'
import type { Test } from 'tap'
import { IsrKeeper } from '../../src/replication/isr-keeper.ts'
import { recordingClock } from '../support/recording-clock.ts'
import { settle } from '../support/settle.ts'
import {
  broker,
  deltaOf,
  fence,
  isrChange,
  metadataLog,
  onlineBrokers,
  partition,
  topic,
} from '../support/metadata-log.ts'
import { scriptedControllers } from '../support/scripted-controllers.ts'

/** The keeper of broker 1 in a cluster of three, fed with what is appended. */
function openKeeper(t: Test, { maxPartitionsPerRequest = 100 } = {}) {
  const log = metadataLog()
  const time = recordingClock()
  const controllers = scriptedControllers()
  const registration: { brokerEpoch: number | undefined } = { brokerEpoch: 100 }
  const keeper = new IsrKeeper({
    brokerId: 1,
    brokerEpoch: () => registration.brokerEpoch,
    controllers: controllers.client,
    clock: time.clock,
    random: () => 0.5,
    logger: silentLogger,
    requestTimeoutMs: 5_000,
    retryBackoff: { minMs: 100, maxMs: 1_000 },
    maxPartitionsPerRequest,
  })
  const append = async (...records: readonly MetadataRecord[]) => {
    keeper.publish(deltaOf(log.append(...records)), log.image)
    await settle()
  }
  /** Answers what comes next with one outcome for each partition it names, in order. */
  const outcome = async (...errors: readonly (string | undefined)[]) => {
    const request = await controllers.next()
    const body = request.body as { topics: { topicId: string; partitions: { partitionId: number }[] }[] }
    const left = [...errors]
    request.answer({
      topics: body.topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partitionId }) => {
          const error = left.shift()
          return error === undefined ? { partitionId } : { partitionId, error }
        }),
      })),
    })
    await settle()
    return request
  }
  keeper.start()
  t.teardown(() => keeper.close())
  return { append, time, controllers, keeper, outcome, registration }
}

t.test(
  'a replica that comes online is proposed for the in-sync set, with the epochs of all members',
  async (t) => {
    const { append, controllers, outcome } = openKeeper(t)
    await append(
      ...onlineBrokers(2),
      broker(3, 300),
      topic('T1', 'orders'),
      partition('T1', 0, [2, 3, 1], [1, 2]),
    )
    await append(isrChange('T1', 0, { leader: 1 }))
    t.equal(controllers.waiting, 0, 'a fenced replica is not proposed')
    await append(fence(3, 300, false))
    const request = await outcome(undefined)
    t.equal(request.api, 'AlterPartition')
    t.strictSame(request.body, {
      brokerId: 1,
      brokerEpoch: 100,
      topics: [
        {
          topicId: 'T1',
          partitions: [
            {
              partitionId: 0,
              leaderEpoch: 1,
              partitionEpoch: 1,
              newIsr: [
                { brokerId: 2, brokerEpoch: 200 },
                { brokerId: 3, brokerEpoch: 300 },
                { brokerId: 1, brokerEpoch: 100 },
              ],
            },
          ],
        },
      ],
    })
    await append(isrChange('T1', 0, { isr: [2, 3, 1] }))
    t.equal(controllers.waiting, 0, 'a full in-sync set has nothing to gain')
  },
)

t.test('nothing is proposed for partitions that others lead', async (t) => {
  const { append, controllers } = openKeeper(t)
  await append(...onlineBrokers(3), topic('T1', 'orders'), partition('T1', 0, [2, 1, 3], [2]))
  t.equal(controllers.waiting, 0)
})

t.test('a replica in controlled shutdown is not proposed', async (t) => {
  const { append, controllers } = openKeeper(t)
  await append(...onlineBrokers(3), {
    type: 'BrokerRegistrationChange',
    brokerId: 2,
    brokerEpoch: 200,
    inControlledShutdown: true,
  })
  await append(topic('T1', 'orders'), partition('T1', 0, [1, 2], [1]))
  t.equal(controllers.waiting, 0)
})

t.test('all that is to be proposed goes in one request at a time, up to the limit', async (t) => {
  const { append, controllers, outcome } = openKeeper(t, { maxPartitionsPerRequest: 2 })
  await append(
    ...onlineBrokers(3),
    topic('T1', 'orders'),
    topic('T2', 'carts'),
    partition('T1', 0, [1, 2], [1]),
    partition('T2', 0, [1, 2], [1]),
    partition('T2', 1, [1, 3], [1]),
  )
  t.equal(controllers.waiting, 1)
  const first = await outcome(undefined, undefined)
  t.match(first.body, {
    topics: [
      { topicId: 'T1', partitions: [{ partitionId: 0 }] },
      { topicId: 'T2', partitions: [{ partitionId: 0 }] },
    ],
  })
  t.match((await outcome(undefined)).body, { topics: [{ topicId: 'T2', partitions: [{ partitionId: 1 }] }] })
  t.equal(controllers.waiting, 0)
})

for (const error of [
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'INVALID_UPDATE_VERSION',
  'INVALID_REQUEST',
  'NEW_LEADER_ELECTED',
  'INELIGIBLE_REPLICA',
]) {
  t.test(`after ${error} the leader waits for metadata before it proposes again`, async (t) => {
    const { append, time, controllers, outcome } = openKeeper(t)
    await append(...onlineBrokers(3), topic('T1', 'orders'), partition('T1', 0, [1, 2, 3], [1]))
    await outcome(error)
    await time.advance(60_000)
    t.equal(controllers.waiting, 0)
    await append(isrChange('T1', 0, { isr: [1, 2] }))
    t.match((await outcome(undefined)).body, {
      topics: [{ partitions: [{ partitionEpoch: 1, newIsr: { length: 3 } }] }],
    })
  })
}

t.test('only what must be retried is retried, after a back-off that grows', async (t) => {
  const { append, time, controllers, outcome } = openKeeper(t)
  await append(
    ...onlineBrokers(3),
    topic('T1', 'orders'),
    partition('T1', 0, [1, 2], [1]),
    partition('T1', 1, [1, 2], [1]),
    partition('T1', 2, [1, 2], [1]),
  )
  await outcome(undefined, 'NOT_CONTROLLER', 'INVALID_UPDATE_VERSION')
  await time.advance(149)
  t.equal(controllers.waiting, 0)
  await time.advance(1)
  t.match((await outcome('NOT_CONTROLLER')).body, { topics: [{ partitions: [{ partitionId: 1 }] }] })
  t.strictSame(time.delays, [150, 300])
})

for (const code of [
  'NOT_CONTROLLER',
  'CONTROLLER_UNAVAILABLE',
  'TRANSPORT_DISCONNECTED',
  'STALE_BROKER_EPOCH',
]) {
  t.test(
    `a request that fails with ${code} is sent again, decided anew upon the newest metadata`,
    async (t) => {
      const { append, time, controllers } = openKeeper(t)
      await append(...onlineBrokers(3), topic('T1', 'orders'), partition('T1', 0, [1, 2, 3], [1]))
      ;(await controllers.next()).refuse(code)
      await append(isrChange('T1', 0, { isr: [1, 2] }))
      await time.advance(150)
      t.match((await controllers.next()).body, { topics: [{ partitions: [{ partitionEpoch: 1 }] }] })
    },
  )
}

t.test('a change during a request is proposed after it', async (t) => {
  const { append, controllers, outcome } = openKeeper(t)
  await append(...onlineBrokers(2), broker(3, 300), topic('T1', 'orders'), partition('T1', 0, [1, 2, 3], [1]))
  t.equal(controllers.waiting, 1)
  await append(fence(3, 300, false))
  t.equal(controllers.waiting, 1, 'one request is in flight at a time')
  t.match((await outcome('INVALID_UPDATE_VERSION')).body, {
    topics: [{ partitions: [{ newIsr: [{ brokerId: 1 }, { brokerId: 2 }] }] }],
  })
  t.match((await outcome(undefined)).body, { topics: [{ partitions: [{ newIsr: { length: 3 } }] }] })
})

t.test('a broker without a registration proposes once it has one', async (t) => {
  const { append, time, controllers, registration } = openKeeper(t)
  registration.brokerEpoch = undefined
  await append(...onlineBrokers(2), topic('T1', 'orders'), partition('T1', 0, [1, 2], [1]))
  t.equal(controllers.waiting, 0)
  registration.brokerEpoch = 500
  await time.advance(150)
  t.match((await controllers.next()).body, { brokerEpoch: 500 })
})

t.test('closing gives up the request under way and what waits', async (t) => {
  const { append, time, controllers, keeper } = openKeeper(t)
  await append(...onlineBrokers(2), topic('T1', 'orders'), partition('T1', 0, [1, 2], [1]))
  const request = await controllers.next()
  await keeper.close()
  t.ok(request.options.signal?.aborted)
  t.equal(time.pendingTimers, 0)
  t.equal(controllers.waiting, 0)
})
