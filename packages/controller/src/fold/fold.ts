import type { ImageState } from '../image/state.ts'
import type { MetadataRecord } from '../records.ts'
import { foldBrokerRecord } from './broker-record.ts'
import { foldBrokerRegistrationChange } from './broker-registration-change.ts'
import { foldConfigRecord } from './config-record.ts'
import { foldIsrChange } from './isr-change.ts'
import { foldPartitionRecord } from './partition-record.ts'
import { foldRemoveTopic } from './remove-topic.ts'
import { foldTopicRecord } from './topic-record.ts'
import { foldUnregisterBroker } from './unregister-broker.ts'

/**
 * The only thing that changes a metadata image. Pure, and strict: costs the size of the change.
 *
 * @throws InvariantError if `record` contradicts `image`; that stops the node, because its image or its log is wrong
 */
export function fold(image: ImageState, record: MetadataRecord): ImageState {
  switch (record.type) {
    case 'BrokerRecord':
      return foldBrokerRecord(image, record)
    case 'BrokerRegistrationChange':
      return foldBrokerRegistrationChange(image, record)
    case 'ConfigRecord':
      return foldConfigRecord(image, record)
    case 'IsrChange':
      return foldIsrChange(image, record)
    case 'PartitionRecord':
      return foldPartitionRecord(image, record)
    case 'RemoveTopic':
      return foldRemoveTopic(image, record)
    case 'TopicRecord':
      return foldTopicRecord(image, record)
    case 'UnregisterBroker':
      return foldUnregisterBroker(image, record)
  }
}
