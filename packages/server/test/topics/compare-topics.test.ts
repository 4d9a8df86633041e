import t from 'tap'
import { compareTopics } from '../../src/topics/compare-topics.ts'

const partition = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, replicas: [1, 2], isr: [1, 2] }

function existing(name: string, partitions: number, configs: Record<string, string> = {}) {
  return {
    name,
    topicId: `id-of-${name}`,
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    partitions: Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, ...partition })),
  }
}

t.test('topics are missing, unchanged or different', (t) => {
  const comparison = compareTopics(
    [
      { name: 'new', partitions: 1, configs: {} },
      { name: 'same', partitions: 2, replicationFactor: 2, configs: { 'retention.ms': '1' } },
      { name: 'other', partitions: 3, replicationFactor: 3, configs: { 'retention.ms': '1' } },
    ],
    [existing('same', 2, { 'retention.ms': '1' }), existing('other', 2, { 'segment.ms': '5' })],
  )
  t.strictSame(
    comparison.missing.map(({ name }) => name),
    ['new'],
  )
  t.strictSame(comparison.unchanged, ['same'])
  t.strictSame(comparison.different, [
    {
      name: 'other',
      differences: [
        'partitions: 2, wanted 3',
        'replicas: 2, wanted 3',
        'retention.ms: unset, wanted 1',
        'segment.ms: 5, wanted unset',
      ],
    },
  ])
  t.end()
})

t.test('what the file leaves to the cluster is not compared', (t) => {
  const comparison = compareTopics([{ name: 'a', configs: {} }], [existing('a', 7)])
  t.strictSame(comparison.unchanged, ['a'])
  t.end()
})

t.test('a topic the cluster answers with an error for is missing', (t) => {
  const gone = { ...existing('a', 0), error: 'UNKNOWN_TOPIC_OR_PARTITION' }
  t.equal(compareTopics([{ name: 'a', configs: {} }], [gone]).missing.length, 1)
  t.end()
})
