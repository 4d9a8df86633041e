import type { RecordOf } from '@quorate/store'
import { brokerRecord } from './records/broker-record.ts'
import { brokerRegistrationChange } from './records/broker-registration-change.ts'
import { configRecord } from './records/config-record.ts'
import { isrChange } from './records/isr-change.ts'
import { partitionRecord } from './records/partition-record.ts'
import { removeTopic } from './records/remove-topic.ts'
import { topicRecord } from './records/topic-record.ts'
import { unregisterBroker } from './records/unregister-broker.ts'

/**
 * Every type of metadata record, under Kafka's api keys. A number is never reused; versions only grow. Fields this
 * version does not know are carried along, not dropped.
 */
export const metadataRecords = {
  BrokerRecord: { id: 0, versions: [brokerRecord] },
  UnregisterBroker: { id: 1, versions: [unregisterBroker] },
  TopicRecord: { id: 2, versions: [topicRecord] },
  PartitionRecord: { id: 3, versions: [partitionRecord] },
  ConfigRecord: { id: 4, versions: [configRecord] },
  IsrChange: { id: 5, versions: [isrChange] },
  RemoveTopic: { id: 9, versions: [removeTopic] },
  BrokerRegistrationChange: { id: 17, versions: [brokerRegistrationChange] },
} as const

/** A metadata record: the fields of its type, and `type`, its name. */
export type MetadataRecord = RecordOf<typeof metadataRecords>

/** The metadata record of one type. */
export type MetadataRecordOf<Type extends MetadataRecord['type']> = Extract<
  MetadataRecord,
  { readonly type: Type }
>
