import t from 'tap'
import { alterPartitions } from '../../src/operations/partition-control.ts'
import { assertPartitionInvariants, broker, Model, partition, topic } from '../support/model.ts'

const cluster = () =>
  new Model([
    broker(1),
    broker(2),
    broker(3),
    broker(4, { fenced: true }),
    broker(5, { inControlledShutdown: true }),
    { type: 'TopicRecord', name: 'orders', topicId: 'id-of-orders' },
    partition('orders', 0, [1, 2, 3, 4, 5, 6], { isr: [1, 2] }),
    partition('orders', 1, [2, 1]),
  ])
const wanted = (...ids: readonly number[]) =>
  ids.map((brokerId) => ({ brokerId, brokerEpoch: brokerId * 100 }))
const item = { partitionId: 0, leaderEpoch: 0, partitionEpoch: 0, newIsr: wanted(1, 2, 3) }
const request = (...partitions: readonly object[]) => ({
  brokerId: 1,
  brokerEpoch: 100,
  topics: [
    { topicId: 'id-of-orders', partitions: Array.from(partitions, (fields) => ({ ...item, ...fields })) },
  ],
})
const alter = (model: Model, ...partitions: readonly object[]) =>
  model.run((image) => alterPartitions(image, request(...partitions))).topics[0]?.partitions ?? []

t.test('a leader grows and shrinks its in-sync set, and is told the partition as it is now', async (t) => {
  const model = cluster()
  t.same(alter(model, {}), [{ partitionId: 0, isr: [1, 2, 3], leader: 1, leaderEpoch: 0, partitionEpoch: 1 }])
  t.same(alter(model, { partitionEpoch: 1, newIsr: wanted(1) }), [
    { partitionId: 0, isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 2 },
  ])
  t.match(model.partition('orders'), { isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 2 })
  assertPartitionInvariants(model.image)
})

t.test('asking for what is there already succeeds and writes nothing', async (t) => {
  const model = cluster()
  const before = model.offset
  t.same(alter(model, { newIsr: wanted(1, 2) }), [
    { partitionId: 0, isr: [1, 2], leader: 1, leaderEpoch: 0, partitionEpoch: 0 },
  ])
  t.equal(model.offset, before)
})

t.test('a request decided upon another state of the partition is refused', async (t) => {
  const model = cluster()
  model.append([{ type: 'IsrChange', topicId: 'id-of-orders', partitionId: 0, leader: 1 }])
  const now = { leaderEpoch: 1, partitionEpoch: 1 }
  t.match(alter(model, { ...now, leaderEpoch: 2 }), [{ error: 'NOT_CONTROLLER' }])
  t.match(alter(model, { ...now, partitionEpoch: 2 }), [{ error: 'NOT_CONTROLLER' }])
  t.match(alter(model, { ...now, leaderEpoch: 0 }), [{ error: 'FENCED_LEADER_EPOCH' }])
  t.match(alter(model, { ...now, partitionEpoch: 0 }), [{ error: 'INVALID_UPDATE_VERSION' }])
  t.match(model.partition('orders'), { isr: [1, 2], partitionEpoch: 1 })
})

t.test('only the leader may ask, for a set of its replicas that has it in', async (t) => {
  const model = cluster()
  t.match(alter(model, { partitionId: 1, newIsr: wanted(2) }), [
    { error: 'INVALID_REQUEST', message: /lead/ },
  ])
  t.match(alter(model, { newIsr: wanted(1, 1) }), [{ error: 'INVALID_REQUEST', message: /repeats/ }])
  t.match(alter(model, { newIsr: wanted(1, 9) }), [{ error: 'INVALID_REQUEST', message: /no replica/ }])
  t.match(alter(model, { newIsr: wanted(2) }), [{ error: 'INVALID_REQUEST', message: /lacks its leader/ }])
  t.match(alter(model, { newIsr: [] }), [{ error: 'INVALID_REQUEST' }])
})

t.test('replicas that are fenced, shutting down, gone or registered anew may not join', async (t) => {
  for (const id of [4, 5, 6]) {
    t.match(alter(cluster(), { newIsr: wanted(1, 2, id) }), [{ error: 'INELIGIBLE_REPLICA' }], `broker ${id}`)
  }
  const anew = [...wanted(1, 2), { brokerId: 3, brokerEpoch: 299 }]
  t.match(alter(cluster(), { newIsr: anew }), [{ error: 'INELIGIBLE_REPLICA' }])
  const unchecked = [...wanted(1, 2), { brokerId: 3, brokerEpoch: -1 }]
  t.match(alter(cluster(), { newIsr: unchecked }), [{ isr: [1, 2, 3] }])
})

t.test('partitions and topics that are not there fail alone', async (t) => {
  const model = cluster()
  const [missing, good] = alter(model, { partitionId: 9 }, {})
  t.match(missing, { partitionId: 9, error: 'UNKNOWN_TOPIC_OR_PARTITION' })
  t.match(good, { isr: [1, 2, 3], error: undefined })
  const other = { ...request({}), topics: [{ topicId: 'none', partitions: [item] }] }
  t.match(alterPartitions(model.image, other).response.topics[0]?.partitions, [{ error: 'UNKNOWN_TOPIC_ID' }])
})

t.test('a partition named twice is changed once', async (t) => {
  const model = cluster()
  t.match(alter(model, {}, { newIsr: wanted(1) }), [{ partitionEpoch: 1 }, { error: 'INVALID_REQUEST' }])
  t.match(model.partition('orders'), { isr: [1, 2, 3], partitionEpoch: 1 })
})

t.test('a request of another registration is stale as a whole', async (t) => {
  t.throws(() => alterPartitions(cluster().image, { ...request({}), brokerEpoch: 1 }), {
    code: 'STALE_BROKER_EPOCH',
  })
})

t.test('topics without partitions are fine', async (t) => {
  t.same(alter(new Model([broker(1), ...topic('orders', [1])])), [])
})
