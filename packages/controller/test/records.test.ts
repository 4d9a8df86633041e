import t from 'tap'
import { metadataRecords } from '../src/records.ts'
import { folded } from './support/model.ts'
import { snapshot } from '../src/image/snapshot.ts'
import type { MetadataRecord } from '../src/records.ts'

t.test('records carry the api keys of their KRaft counterparts', async (t) => {
  const keys = Object.entries(metadataRecords).map(([name, { id }]) => [name, id])
  t.same(Object.fromEntries(keys), {
    BrokerRecord: 0,
    UnregisterBroker: 1,
    TopicRecord: 2,
    PartitionRecord: 3,
    ConfigRecord: 4,
    IsrChange: 5,
    RemoveTopic: 9,
    BrokerRegistrationChange: 17,
  })
})

t.test(
  'fields that a newer version added are carried through the schema, the image and the snapshot',
  async (t) => {
    const newer: MetadataRecord[] = [
      {
        type: 'BrokerRecord',
        brokerId: 1,
        incarnationId: 'a',
        brokerEpoch: 0,
        endpoints: [{ name: 'PLAINTEXT', host: 'h', port: 1, securityProtocol: 3 }],
        fenced: false,
        inControlledShutdown: false,
        logDirs: ['d'],
      },
      { type: 'TopicRecord', name: 'orders', topicId: 'o', owner: 'sales' },
      {
        type: 'PartitionRecord',
        topicId: 'o',
        partitionId: 0,
        replicas: [1],
        isr: [1],
        leader: 1,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: ['d'],
      },
    ]
    const parsed = newer.map(({ type, ...fields }) => ({
      type,
      ...metadataRecords[type].versions[0].parse(fields),
    })) as MetadataRecord[]
    t.same(parsed, newer)
    t.same([...snapshot(folded(parsed))], newer)
  },
)

t.test('a record that lacks a field, or has one out of range, is refused', async (t) => {
  const { IsrChange, PartitionRecord, TopicRecord } = metadataRecords
  t.notOk(TopicRecord.versions[0].safeParse({ name: 'orders' }).success)
  t.notOk(IsrChange.versions[0].safeParse({ topicId: 'o', partitionId: 0, leader: -2 }).success)
  t.notOk(PartitionRecord.versions[0].safeParse({ topicId: 'o', partitionId: -1 }).success)
})
