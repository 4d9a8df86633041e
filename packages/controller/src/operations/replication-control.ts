import { isActive } from '../image/image.ts'
import type { MetadataImage, PartitionImage, PartitionSet } from '../image/image.ts'
import type { MetadataRecord } from '../records.ts'
import { NO_LEADER } from '../records/fields.ts'
import { firstSlice, MAX_RECORDS_PER_BATCH } from './limits.ts'
import type { Slice } from './limits.ts'
import { changePartition } from './partition-change.ts'

/**
 * Takes `brokerId` out of every in-sync set and elects new leaders from what remains.
 *
 * Where it is the last member it stays one, so that nothing acknowledged is lost, and the partition becomes leaderless.
 */
export function leaveIsrs(image: MetadataImage, brokerId: number, limit = MAX_RECORDS_PER_BATCH): Slice {
  const canLead = (id: number): boolean => isActive(image, id)
  const changes = changesOf(image, image.partitionsByIsrMember.get(brokerId), (partition) =>
    changePartition(partition, { isr: partition.isr.filter((id) => id !== brokerId), canLead }),
  )
  return firstSlice(changes, limit)
}

/**
 * Elects leaders for the leaderless partitions that have one in their in-sync set.
 *
 * @param returning a broker the records of this batch unfence; it may lead already
 */
export function electLeaders(
  image: MetadataImage,
  { limit = MAX_RECORDS_PER_BATCH, returning }: { readonly limit?: number; readonly returning?: number } = {},
): Slice {
  const canLead = (id: number): boolean => id === returning || isActive(image, id)
  const changes = changesOf(image, image.partitionsByLeader.get(NO_LEADER), (partition) =>
    changePartition(partition, { canLead }),
  )
  return firstSlice(changes, limit)
}

/** Whether `brokerId` leads any partition. */
export function leadsAny(image: MetadataImage, brokerId: number): boolean {
  return image.partitionsByLeader.has(brokerId)
}

function* changesOf(
  image: MetadataImage,
  partitions: PartitionSet | undefined,
  change: (partition: PartitionImage) => MetadataRecord | undefined,
): Generator<MetadataRecord> {
  for (const [topicId, partitionIds] of partitions ?? []) {
    for (const partitionId of partitionIds) {
      const partition = image.topics.get(topicId)?.partitions.get(partitionId)
      const record = partition === undefined ? undefined : change(partition)
      if (record !== undefined) yield record
    }
  }
}
