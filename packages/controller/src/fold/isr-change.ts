import { assertInvariant } from '@quorate/log'
import { withPartition } from '../image/partition.ts'
import type { ImageState } from '../image/state.ts'
import type { MetadataRecordOf } from '../records.ts'

/**
 * Merges the change into its partition: what is absent stays, the partition epoch grows by one, and the leader epoch
 * grows by one exactly if a leader is named.
 *
 * @throws InvariantError if there is no such partition, or it contradicted itself afterwards
 */
export function foldIsrChange(image: ImageState, record: MetadataRecordOf<'IsrChange'>): ImageState {
  const topic = image.topics.get(record.topicId)
  const partition = topic?.partitions.get(record.partitionId)
  assertInvariant(
    topic !== undefined && partition !== undefined,
    `partition ${record.partitionId} of topic ${record.topicId} exists when it changes`,
  )
  return withPartition(image, topic, {
    ...partition,
    isr: record.isr ?? partition.isr,
    leader: record.leader ?? partition.leader,
    leaderEpoch: partition.leaderEpoch + (record.leader === undefined ? 0 : 1),
    partitionEpoch: partition.partitionEpoch + 1,
  })
}
