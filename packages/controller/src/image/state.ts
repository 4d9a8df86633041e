import { Map } from 'immutable'
import type { PartitionIndex } from './partition-index.ts'
import type { BrokerImage, MetadataImage, PartitionImage, TopicImage } from './image.ts'

/** {@link TopicImage} as the folds see it. */
export interface TopicState extends TopicImage {
  readonly partitions: Map<number, PartitionImage>
}

/** {@link MetadataImage} as the folds see it: persistent maps, which they change by making the next version. */
export interface ImageState extends MetadataImage {
  readonly brokers: Map<number, BrokerImage>
  readonly topics: Map<string, TopicState>
  readonly topicIds: Map<string, string>
  readonly topicConfigs: Map<string, Map<string, string>>
  readonly partitionsByIsrMember: PartitionIndex
  readonly partitionsByLeader: PartitionIndex
  readonly collidingNames: Map<string, string>
}

/** The image before the first record. */
export const emptyImage: ImageState = {
  brokers: Map(),
  topics: Map(),
  topicIds: Map(),
  topicConfigs: Map(),
  partitionsByIsrMember: Map(),
  partitionsByLeader: Map(),
  collidingNames: Map(),
}
