import t from 'tap'
import { metadata, type MetadataImage, type MetadataRecord } from '@quorate/controller'
import { recordLine } from '../../src/render/record-line.ts'

const topic: MetadataRecord = { type: 'TopicRecord', name: 'orders', topicId: 't1' }
const partition: MetadataRecord = {
  type: 'PartitionRecord',
  topicId: 't1',
  partitionId: 0,
  replicas: [4, 5],
  isr: [4],
  leader: 4,
  leaderEpoch: 0,
  partitionEpoch: 0,
}

function imageWith(...records: readonly MetadataRecord[]): MetadataImage {
  return records.reduce(
    (image, record, offset) => metadata.fold(image, record, { offset, epoch: 1, timestampMs: 0 }),
    metadata.empty(),
  )
}

const lines: readonly (readonly [record: MetadataRecord, line: RegExp])[] = [
  [topic, /^TopicRecord +orders \(t1\)$/],
  [partition, /^PartitionRecord +orders-0 leader 4 replicas \[4 5\] in sync \[4\]$/],
  [
    { type: 'IsrChange', topicId: 't1', partitionId: 0, leader: -1, isr: [5] },
    /^IsrChange +orders-0 leader none in sync \[5\]$/,
  ],
  [
    { type: 'IsrChange', topicId: 't1', partitionId: 0, isr: [4, 5] },
    /^IsrChange +orders-0 in sync \[4 5\]$/,
  ],
  [{ type: 'RemoveTopic', topicId: 't1' }, /^RemoveTopic +orders \(t1\)$/],
  [{ type: 'RemoveTopic', topicId: 'gone' }, /^RemoveTopic +gone \(gone\)$/],
  [
    {
      type: 'BrokerRecord',
      brokerId: 4,
      incarnationId: 'i',
      brokerEpoch: 7,
      endpoints: [{ name: 'P', host: 'h', port: 9 }],
      fenced: true,
      inControlledShutdown: false,
    },
    /^BrokerRecord +broker 4 epoch 7 at h:9, fenced$/,
  ],
  [
    { type: 'BrokerRegistrationChange', brokerId: 4, brokerEpoch: 7, fenced: false },
    /^BrokerRegistrationChange +broker 4 unfenced$/,
  ],
  [
    { type: 'BrokerRegistrationChange', brokerId: 4, brokerEpoch: 7, inControlledShutdown: true },
    /^BrokerRegistrationChange +broker 4 in controlled shutdown$/,
  ],
  [{ type: 'UnregisterBroker', brokerId: 4, brokerEpoch: 7 }, /^UnregisterBroker +broker 4 epoch 7$/],
  [
    { type: 'ConfigRecord', resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: '5' },
    /^ConfigRecord +orders retention\.ms=5$/,
  ],
  [
    { type: 'ConfigRecord', resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: null },
    /^ConfigRecord +orders retention\.ms=\(default\)$/,
  ],
]

t.test('every type of record is a line with the names people know', (t) => {
  const images = [metadata.empty(), imageWith(topic, partition)]
  for (const [record, line] of lines) t.match(recordLine(record, images), line)
  t.strictSame(
    new Set(lines.map(([record]) => record.type)),
    new Set(Object.keys(metadata.records)),
    'every type is covered',
  )
  t.end()
})
