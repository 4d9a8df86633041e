import t from 'tap'
import type { MetadataRecord } from '../../src/records.ts'
import { assertIndexes, broker, config, folded, partition, topic } from '../support/model.ts'

const cluster = [broker(1), broker(2), broker(3), ...topic('orders', [1, 2, 3], [2, 3, 1])]
const orders = 'id-of-orders'
const change = (fields: object): MetadataRecord => ({
  type: 'IsrChange',
  topicId: orders,
  partitionId: 0,
  ...fields,
})

t.test('a change without a leader keeps the leader epoch and raises the partition epoch', async (t) => {
  const image = folded([...cluster, change({ isr: [1, 2] })])
  t.match(image.topics.get(orders)?.partitions.get(0), {
    isr: [1, 2],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 1,
  })
  assertIndexes(image)
})

t.test('a change with a leader raises both epochs, also if it names the leader there was', async (t) => {
  const image = folded([...cluster, change({ isr: [2], leader: 2 }), change({ leader: 2 })])
  t.match(image.topics.get(orders)?.partitions.get(0), {
    isr: [2],
    leader: 2,
    leaderEpoch: 2,
    partitionEpoch: 2,
  })
  assertIndexes(image)
})

t.test('a leaderless partition is found among those that nobody leads, until it has a leader', async (t) => {
  const leaderless = folded([...cluster, change({ isr: [1], leader: -1 })])
  t.same(Array.from(leaderless.partitionsByLeader.get(-1)?.get(orders) ?? []), [0])
  const led = folded([change({ leader: 1 })], leaderless)
  t.notOk(led.partitionsByLeader.has(-1))
  assertIndexes(led)
})

t.test(
  'removing a topic removes its partitions, its configs, its name and its place in every index',
  async (t) => {
    const image = folded([...cluster, config('retention.ms', '1'), { type: 'RemoveTopic', topicId: orders }])
    t.equal(image.topics.size + image.topicIds.size + image.topicConfigs.size, 0)
    t.equal(image.partitionsByIsrMember.size + image.partitionsByLeader.size, 0)
  },
)

t.test('a config is set, replaced and deleted', async (t) => {
  const set = folded([...cluster, config('a', '1'), config('a', '2'), config('b', '3'), config('b', null)])
  t.same(Array.from(set.topicConfigs.get('orders') ?? []), [['a', '2']])
  t.notOk(folded([config('a', null)], set).topicConfigs.has('orders'))
})

const registrationChange = (fields: object): MetadataRecord => ({
  type: 'BrokerRegistrationChange',
  brokerId: 1,
  brokerEpoch: 100,
  ...fields,
})

t.test('a registration change takes only what it names, and shutting down is not taken back', async (t) => {
  const image = folded([
    ...cluster,
    registrationChange({ inControlledShutdown: true }),
    registrationChange({ fenced: true }),
    registrationChange({ fenced: false }),
  ])
  t.match(image.brokers.get(1), { fenced: false, inControlledShutdown: true })
  t.equal(folded([registrationChange({})], image), image, 'a change of nothing makes no new image')
})

t.test('an image stays as it was when the next one is made', async (t) => {
  const before = folded(cluster)
  folded([change({ isr: [1], leader: -1 }), { type: 'RemoveTopic', topicId: orders }], before)
  t.match(before.topics.get(orders)?.partitions.get(0), { isr: [1, 2, 3], leader: 1 })
})

t.test('a record that contradicts the image breaks an invariant', async (t) => {
  const contradictions: Record<string, MetadataRecord> = {
    'a topic id that is taken': { type: 'TopicRecord', name: 'other', topicId: orders },
    'a topic name that is taken': { type: 'TopicRecord', name: 'orders', topicId: 'new' },
    'a partition of no topic': partition('nothing', 0, [1]),
    'a partition there is already': partition('orders', 0, [1]),
    'a partition without replicas': partition('orders', 2, []),
    'a replica named twice': partition('orders', 2, [1, 1]),
    'an in-sync set beyond the replicas': partition('orders', 2, [1], { isr: [1, 2] }),
    'nobody in sync': partition('orders', 2, [1], { isr: [], leader: -1 }),
    'a leader out of sync': partition('orders', 2, [1, 2], { isr: [1], leader: 2 }),
    'a change of no partition': change({ partitionId: 9 }),
    'a change of no topic': change({ topicId: 'nothing' }),
    'a change that leaves the leader out': change({ isr: [2, 3] }),
    'a config of no topic': config('a', '1', 'nothing'),
    'the removal of no topic': { type: 'RemoveTopic', topicId: 'nothing' },
    'the end of no registration': { type: 'UnregisterBroker', brokerId: 9, brokerEpoch: 0 },
    'the end of a past registration': { type: 'UnregisterBroker', brokerId: 1, brokerEpoch: 99 },
    'a change of a past registration': {
      type: 'BrokerRegistrationChange',
      brokerId: 1,
      brokerEpoch: 99,
      fenced: true,
    },
    'a registration older than the one there is': broker(1, { brokerEpoch: 99 }),
  }
  for (const [name, record] of Object.entries(contradictions)) {
    t.throws(
      () => folded([record], folded(cluster)),
      { name: 'InvariantError', code: 'INVARIANT_BROKEN' },
      name,
    )
  }
})

t.test('a topic whose name collides with another breaks an invariant', async (t) => {
  t.throws(() => folded([...topic('a.b', [1]), ...topic('a_b', [1])]), { code: 'INVARIANT_BROKEN' })
})
