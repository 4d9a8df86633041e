import t from 'tap'
import { createPartitions } from '../../src/operations/create-partitions.ts'
import { createTopics } from '../../src/operations/create-topics.ts'
import { deleteTopics } from '../../src/operations/delete-topics.ts'
import { assertPartitionInvariants, broker, idSource, Model, seededRandom, topic } from '../support/model.ts'

const cluster = (...records: ConstructorParameters<typeof Model>[0] & {}) =>
  new Model([broker(1), broker(2), broker(3), broker(4, { fenced: true }), ...records])
const randomId = idSource()
type TopicRequest = Parameters<typeof createTopics>[1]['topics'][number]
const defaults = () => ({
  partitions: 2,
  replicationFactor: 3,
  random: seededRandom(1),
  randomId,
})
const create = (model: Model, topics: readonly TopicRequest[], validateOnly = false) =>
  model.run((image) => createTopics(image, { topics: [...topics], validateOnly }, defaults())).topics

t.test('a topic is created with its configs before its partitions, online replicas in sync', async (t) => {
  const model = cluster()
  const before = model.offset
  const configs = [
    { name: 'retention.ms', value: '1000' },
    { name: 'cleanup.policy', value: null },
  ]
  t.same(create(model, [{ name: 'orders', partitions: 3, replicationFactor: 4, configs }]), [
    { name: 'orders', topicId: 'id-1', partitions: 3, replicationFactor: 4 },
  ])
  t.same(
    model.log.slice(before).map(({ type }) => type),
    ['TopicRecord', 'ConfigRecord', 'PartitionRecord', 'PartitionRecord', 'PartitionRecord'],
  )
  for (const id of [0, 1, 2]) {
    const { isr, leader, leaderEpoch, partitionEpoch, replicas } = model.partition('orders', id)
    t.same(
      isr,
      replicas.filter((id) => id !== 4),
    )
    t.same([leader, leaderEpoch, partitionEpoch], [isr[0], 0, 0])
  }
  assertPartitionInvariants(model.image)
})

t.test('a topic that does not say gets the defaults', async (t) => {
  t.match(create(cluster(), [{ name: 'a' }, { name: 'b', partitions: -1, replicationFactor: -1 }]), [
    { partitions: 2, replicationFactor: 3 },
    { partitions: 2, replicationFactor: 3 },
  ])
})

t.test('topics that cannot be created fail alone', async (t) => {
  const model = cluster(...topic('taken', [1]), ...topic('a.b', [1]))
  const name = 'x'
  const cases: [TopicRequest, string][] = [
    [{ name: 'bad name' }, 'INVALID_TOPIC_EXCEPTION'],
    [{ name: 'a_b' }, 'INVALID_TOPIC_EXCEPTION'],
    [{ name: 'taken' }, 'TOPIC_ALREADY_EXISTS'],
    [{ name, partitions: 0 }, 'INVALID_PARTITIONS'],
    [{ name, partitions: -2 }, 'INVALID_PARTITIONS'],
    [{ name, partitions: 10_001 }, 'INVALID_PARTITIONS'],
    [{ name, replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
    [{ name, replicationFactor: 5 }, 'INVALID_REPLICATION_FACTOR'],
    [{ name, configs: [{ name: 'no.such.config', value: '1' }] }, 'INVALID_CONFIG'],
  ]
  for (const [wanted, error] of cases) {
    const [failed, good] = create(model, [wanted, { name: `good-${model.offset}` }])
    t.match(failed, { name: wanted.name, error }, `${wanted.name}: ${error}`)
    t.match(good, { error: undefined, partitions: 2 })
  }
  t.equal(model.image.topics.size, 2 + cases.length)
})

t.test('names that repeat or collide within one request are refused', async (t) => {
  t.match(create(cluster(), [{ name: 'a' }, { name: 'a' }, { name: 'x.y' }, { name: 'x_y' }]), [
    { error: 'INVALID_REQUEST' },
    { error: 'INVALID_REQUEST' },
    { name: 'x.y', error: undefined },
    { error: 'INVALID_TOPIC_EXCEPTION' },
  ])
})

t.test('a request may place the replicas itself', async (t) => {
  const model = cluster()
  const assignments = [
    { partitionId: 1, brokerIds: [4, 2] },
    { partitionId: 0, brokerIds: [1, 2] },
  ]
  t.match(create(model, [{ name: 'orders', assignments }]), [{ partitions: 2, replicationFactor: 2 }])
  t.match(model.partition('orders', 1), { replicas: [4, 2], isr: [2], leader: 2 })
})

const one = (...brokerIds: readonly number[]) => [{ partitionId: 0, brokerIds }]

t.test('replicas that cannot be placed so are refused', async (t) => {
  const refused: [Partial<TopicRequest>, string][] = [
    [{ assignments: one(1), partitions: 1 }, 'INVALID_REQUEST'],
    [{ assignments: one(1), replicationFactor: 1 }, 'INVALID_REQUEST'],
    [{ assignments: one() }, 'INVALID_REPLICA_ASSIGNMENT'],
    [{ assignments: one(1, 1) }, 'INVALID_REPLICA_ASSIGNMENT'],
    [{ assignments: one(1, 9) }, 'INVALID_REPLICA_ASSIGNMENT'],
    [{ assignments: one(4) }, 'INVALID_REPLICA_ASSIGNMENT'],
    [{ assignments: [{ partitionId: 1, brokerIds: [1] }] }, 'INVALID_REPLICA_ASSIGNMENT'],
    [{ assignments: [...one(1), ...one(2)] }, 'INVALID_REPLICA_ASSIGNMENT'],
    [{ assignments: [...one(1), { partitionId: 1, brokerIds: [1, 2] }] }, 'INVALID_REPLICA_ASSIGNMENT'],
  ]
  for (const [fields, error] of refused) {
    t.match(create(cluster(), [{ name: 'orders', ...fields }]), [{ error }], JSON.stringify(fields))
  }
})

t.test('validating only answers the same and writes nothing', async (t) => {
  const model = cluster()
  const before = model.offset
  t.same(create(model, [{ name: 'orders' }, { name: '' }], true).length, 2)
  t.equal(model.offset, before)
})

t.test('topics beyond what one batch holds are refused, those before are created', async (t) => {
  const model = cluster()
  const topics = ['a', 'b', 'c'].map((name) => ({ name, partitions: 4 }))
  const { response } = createTopics(model.image, { topics }, defaults(), 11)
  t.match(response.topics, [{ error: undefined }, { error: undefined }, { error: 'POLICY_VIOLATION' }])
})

t.test('config values Kafka would refuse are refused, with the name and what is wrong', async (t) => {
  const bad: Record<string, string> = {
    'cleanup.policy': 'shred',
    'compression.type': 'rar',
    'max.message.bytes': '-1',
    'min.cleanable.dirty.ratio': '1.5',
    'min.insync.replicas': '0',
    preallocate: 'yes',
    'retention.ms': 'forever',
    'segment.bytes': '2147483648',
    'leader.replication.throttled.replicas': 'all',
  }
  for (const [name, value] of Object.entries(bad)) {
    const [result] = create(cluster(), [{ name: 'orders', configs: [{ name, value }] }])
    t.match(result, { error: 'INVALID_CONFIG', message: new RegExp(`^${name} must be`) }, name)
  }
  const good = {
    'cleanup.policy': 'compact,delete',
    'max.compaction.lag.ms': '9223372036854775807',
    'retention.ms': '-1',
    'compression.type': 'zstd',
  }
  const configs = Object.entries(good).map(([name, value]) => ({ name, value }))
  t.match(create(cluster(), [{ name: 'orders', configs }]), [{ error: undefined }])
  const twice = [...configs, ...configs]
  t.match(create(cluster(), [{ name: 'orders', configs: twice }]), [
    { error: 'INVALID_CONFIG', message: /twice/ },
  ])
})

t.test('topics are deleted by name or by id, and those that cannot be fail alone', async (t) => {
  const model = cluster(...topic('a', [1]), ...topic('b', [1]), ...topic('c', [1]))
  const { topics } = model.run((image) =>
    deleteTopics(image, {
      topics: [
        { name: 'a' },
        { topicId: 'id-of-b' },
        { topicId: 'id-of-a' },
        { name: 'z' },
        { topicId: 'id-of-z' },
        { name: 'c', topicId: 'id-of-c' },
        {},
      ],
    }),
  )
  t.match(topics, [
    { name: 'a', topicId: 'id-of-a', error: undefined },
    { name: 'b', topicId: 'id-of-b', error: undefined },
    { error: 'INVALID_REQUEST' },
    { name: 'z', error: 'UNKNOWN_TOPIC_OR_PARTITION' },
    { topicId: 'id-of-z', error: 'UNKNOWN_TOPIC_ID' },
    { error: 'INVALID_REQUEST' },
    { error: 'INVALID_REQUEST' },
  ])
  t.same(Array.from(model.image.topicIds.keys()), ['c'])
})

t.test('partitions are added with as many replicas as the first has', async (t) => {
  const model = cluster(...topic('orders', [1, 2]))
  const add = (fields: object, validateOnly = false) =>
    model.run((image) =>
      createPartitions(
        image,
        { topics: [{ name: 'orders', count: 4, ...fields }], validateOnly },
        { random: seededRandom(1) },
      ),
    ).topics[0]
  t.match(add({ count: 1 }), { error: 'INVALID_PARTITIONS' })
  t.match(add({ name: 'none' }), { error: 'UNKNOWN_TOPIC_OR_PARTITION' })
  t.match(add({ assignments: [[1, 2]] }), { error: 'INVALID_REPLICA_ASSIGNMENT' })
  t.match(add({ assignments: [[1], [2], [3]] }), { error: 'INVALID_REPLICA_ASSIGNMENT' })
  t.same(add({}, true), { name: 'orders' })
  t.equal(model.image.topics.get('id-of-orders')?.partitions.size, 1)
  t.same(add({}), { name: 'orders' })
  t.equal(model.image.topics.get('id-of-orders')?.partitions.size, 4)
  t.equal(model.partition('orders', 3).replicas.length, 2)
  t.same(add({ count: 5, assignments: [[4, 3]] }), { name: 'orders' })
  t.match(model.partition('orders', 4), { replicas: [4, 3], isr: [3], leader: 3 })
  assertPartitionInvariants(model.image)
})
