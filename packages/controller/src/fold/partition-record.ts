import { assertInvariant } from '@quorate/log'
import { withPartition } from '../image/partition.ts'
import type { ImageState } from '../image/state.ts'
import type { MetadataRecordOf } from '../records.ts'

/** Adds a partition. @throws InvariantError if its topic is missing, it is there already, or it contradicts itself */
export function foldPartitionRecord(
  image: ImageState,
  record: MetadataRecordOf<'PartitionRecord'>,
): ImageState {
  const { type: _, ...partition } = record
  const topic = image.topics.get(partition.topicId)
  assertInvariant(topic !== undefined, `topic ${partition.topicId} exists before its partitions`)
  assertInvariant(
    !topic.partitions.has(partition.partitionId),
    `partition ${partition.partitionId} of topic ${topic.name} is new`,
  )
  return withPartition(image, topic, partition)
}
