import t from 'tap'
import { brokerHeartbeatApi, brokerRegistrationApi } from '../src/api/brokers.ts'
import { barrierApi, describeQuorumApi, imageHashApi } from '../src/api/cluster.ts'
import { createTopicsApi, describeTopicsApi } from '../src/api/topics.ts'
import { openQuorum } from './support/quorum.ts'

const clusterId = 'cluster'

t.test('three controllers decide, agree on the image, and go on when the active one is killed', async (t) => {
  const quorum = await openQuorum(3)
  t.teardown(() => quorum.close())
  const { client, during, nodes, only } = quorum
  for (const brokerId of [11, 12, 13]) {
    const endpoints = [{ name: 'PLAINTEXT', host: `b${brokerId}`, port: 9092 }]
    const registration = { brokerId, clusterId, incarnationId: `i-${brokerId}`, endpoints }
    const { brokerEpoch } = await during(client.request(brokerRegistrationApi, registration))
    const { offset } = await during(client.request(barrierApi, {}))
    const heartbeat = {
      brokerId,
      brokerEpoch,
      currentMetadataOffset: offset,
      wantFence: false,
      wantShutDown: false,
    }
    t.match(await during(client.request(brokerHeartbeatApi, heartbeat)), { isFenced: false })
  }
  const names = Array.from({ length: 20 }, (_, index) => `topic-${index}`)
  const topics = names.map((name) => ({ name, partitions: 5 }))
  const created = await during(client.request(createTopicsApi, { topics }))
  t.ok(created.topics.every(({ error }) => error === undefined))

  const { offset } = await during(client.request(barrierApi, {}))
  const hashes = await Promise.all(
    nodes.map(({ id }) => during(only(id).request(imageHashApi, { minOffset: offset }))),
  )
  t.match(hashes, [{ offset }, { offset }, { offset }])
  t.equal(new Set(hashes.map(({ hash }) => hash)).size, 1)

  const active = client.activeId ?? 0
  t.equal(nodes.filter(({ controller }) => controller.status().active).length, 1)
  const follower = nodes.find(({ id }) => id !== active)?.id ?? 0
  await t.rejects(during(only(follower).request(barrierApi, {})), {
    code: 'NOT_CONTROLLER',
    details: { leaderId: active },
  })
  t.match(await during(only(active).request(describeQuorumApi, {})), {
    role: 'leader',
    leaderId: active,
    clusterId,
  })

  quorum.kill(active)
  await during(client.request(barrierApi, {}, { retryUnknown: true }))
  const after = await during(client.request(createTopicsApi, { topics: [{ name: 'after' }] }))
  t.match(after.topics, [{ name: 'after', error: undefined, replicationFactor: 3 }])
  t.not(client.activeId, active)
  await during(client.request(barrierApi, {}))
  const described = await during(only(client.activeId ?? 0).request(describeTopicsApi, {}))
  t.equal(described.topics.length, 21)
})

t.test('what a topic is created with is what every controller describes', async (t) => {
  const quorum = await openQuorum(1)
  t.teardown(() => quorum.close())
  const { client, clock, during, only } = quorum
  const endpoints = [{ name: 'PLAINTEXT', host: 'b', port: 9092 }]
  const registration = { brokerId: 1, clusterId, incarnationId: 'i', endpoints }
  const { brokerEpoch } = await during(client.request(brokerRegistrationApi, registration))
  const heartbeat = {
    brokerId: 1,
    brokerEpoch,
    currentMetadataOffset: 99,
    wantFence: false,
    wantShutDown: false,
  }
  await during(client.request(brokerHeartbeatApi, heartbeat))
  const configs = [{ name: 'cleanup.policy', value: 'compact' }]
  const topic = { name: 'orders', partitions: 1, replicationFactor: 1, configs }
  await during(client.request(createTopicsApi, { topics: [topic] }))
  const { topics } = await during(only(1).request(describeTopicsApi, {}))
  t.match(topics, [{ name: 'orders', configs, partitions: [{ isr: [1], leader: 1, replicas: [1] }] }])

  const silentSince = clock.now()
  while (quorum.nodes[0]?.store.image.brokers.get(1)?.fenced === false) await during(Promise.resolve())
  t.ok(clock.now() - silentSince <= 9_010, 'fenced within its session')
  t.match(quorum.nodes[0]?.store.image.topics.get(topics[0]?.topicId ?? '')?.partitions.get(0), {
    leader: -1,
  })
})
