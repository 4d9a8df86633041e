import t from 'tap'
import { metadataDelta } from '../../src/image/delta.ts'
import { imageHash } from '../../src/image/hash.ts'
import { snapshot } from '../../src/image/snapshot.ts'
import { metadata } from '../../src/metadata.ts'
import type { MetadataRecord } from '../../src/records.ts'
import { assertIndexes, broker, config, folded, topic } from '../support/model.ts'

t.test('the records of a snapshot rebuild the image and its indexes', async (t) => {
  const image = folded([
    broker(2, { rack: 'r1' }),
    broker(1, { fenced: true }),
    ...topic('orders', [1, 2], [2, 1]),
    ...topic('orders.dead_letters', [2]),
    config('retention.ms', '1'),
    { type: 'IsrChange', topicId: 'id-of-orders', partitionId: 0, isr: [2], leader: 2 },
  ])
  const rebuilt = folded(snapshot(image))
  t.equal(imageHash(rebuilt), imageHash(image))
  t.same([...snapshot(rebuilt)], [...snapshot(image)])
  t.same(Array.from(rebuilt.collidingNames), Array.from(image.collidingNames))
  assertIndexes(rebuilt)
})

t.test('images with the same content have the same hash, whatever led to them', async (t) => {
  const names = Array.from({ length: 40 }, (_, index) => `topic-${index}`)
  const records = names.flatMap((name) => topic(name, [1, 2], [2, 1]))
  const direct = folded([broker(1), broker(2), ...records])
  const around = folded([
    broker(2),
    ...topic('short-lived', [1]),
    ...names.toReversed().flatMap((name) => topic(name, [1, 2], [2, 1])),
    broker(1, { brokerEpoch: 50 }),
    { type: 'RemoveTopic', topicId: 'id-of-short-lived' },
    broker(1),
  ])
  t.equal(imageHash(around), imageHash(direct))
})

t.test('the order of the fields in a record does not matter to the hash', async (t) => {
  const records = [broker(1), ...topic('orders', [1])]
  const reversed = records.map(
    (record) => Object.fromEntries(Object.entries(record).toReversed()) as MetadataRecord,
  )
  t.equal(imageHash(folded(reversed)), imageHash(folded(records)))
})

t.test('images that differ in one field have different hashes', async (t) => {
  const base = [broker(1), broker(2), ...topic('orders', [1, 2]), config('a', '1')]
  const variants = [
    base,
    [...base, config('a', '2')],
    [...base, config('a', null)],
    [...base, { type: 'IsrChange', topicId: 'id-of-orders', partitionId: 0, isr: [2, 1] } as const],
    [...base, { type: 'IsrChange', topicId: 'id-of-orders', partitionId: 0, leader: 1 } as const],
    [...base, { type: 'BrokerRegistrationChange', brokerId: 1, brokerEpoch: 100, fenced: true } as const],
  ]
  t.equal(new Set(variants.map((records) => imageHash(folded(records)))).size, variants.length)
})

t.test('a delta names each thing that changed once, before and after', async (t) => {
  const previous = folded([
    broker(1),
    broker(2),
    ...topic('orders', [1, 2]),
    ...topic('old', [1]),
    config('a', '1'),
  ])
  const delta: MetadataRecord[] = [
    { type: 'BrokerRegistrationChange', brokerId: 1, brokerEpoch: 100, fenced: true },
    { type: 'UnregisterBroker', brokerId: 2, brokerEpoch: 200 },
    { type: 'IsrChange', topicId: 'id-of-orders', partitionId: 0, isr: [2], leader: 2 },
    { type: 'IsrChange', topicId: 'id-of-orders', partitionId: 0, leader: 2 },
    ...topic('new', [2]),
    { type: 'RemoveTopic', topicId: 'id-of-old' },
    config('a', '2'),
    ...topic('gone-at-once', [1]),
    { type: 'RemoveTopic', topicId: 'id-of-gone-at-once' },
  ]
  const image = folded(delta, previous)
  const result = metadataDelta({ delta, previous, image, snapshot: false })
  t.match(result.brokers, [
    { brokerId: 1, previous: { fenced: false }, current: { fenced: true } },
    { brokerId: 2, previous: { brokerId: 2 }, current: undefined },
  ])
  t.same(
    result.topicsCreated.map(({ name }) => name),
    ['new'],
  )
  t.same(
    result.topicsDeleted.map(({ name }) => name),
    ['old'],
  )
  t.equal(result.partitions.length, 2)
  t.match(result.partitions[0], {
    topicName: 'orders',
    previous: { leader: 1, leaderEpoch: 0 },
    current: { leader: 2, leaderEpoch: 2, partitionEpoch: 2 },
  })
  t.match(result.partitions[1], { topicName: 'new', previous: undefined, current: { leader: 2 } })
  t.same(result.configs, [{ topicName: 'orders', name: 'a', previous: '1', current: '2' }])
})

t.test('a topic deleted and created again under its name is both, with both ids', async (t) => {
  const previous = folded([...topic('orders', [1]), config('a', '1')])
  const delta: MetadataRecord[] = [
    { type: 'RemoveTopic', topicId: 'id-of-orders' },
    { type: 'TopicRecord', name: 'orders', topicId: 'second' },
  ]
  const result = metadataDelta({ delta, previous, image: folded(delta, previous), snapshot: false })
  t.same(
    result.topicsDeleted.map(({ topicId }) => topicId),
    ['id-of-orders'],
  )
  t.same(
    result.topicsCreated.map(({ topicId }) => topicId),
    ['second'],
  )
  t.same(result.configs, [{ topicName: 'orders', name: 'a', previous: '1', current: undefined }])
})

t.test('the delta of a snapshot is everything there is', async (t) => {
  const image = folded([broker(1), ...topic('orders', [1], [1]), config('a', '1')])
  const result = metadataDelta({
    delta: [...metadata.snapshot(image)],
    previous: metadata.empty(),
    image,
    snapshot: true,
  })
  t.match(result, { snapshot: true, topicsDeleted: [] })
  t.same(
    [result.brokers, result.topicsCreated, result.partitions, result.configs].map(({ length }) => length),
    [1, 1, 2, 1],
  )
})
