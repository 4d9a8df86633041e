import { assertInvariant } from '@quorate/log'
import { NO_LEADER } from '../records/fields.ts'
import type { PartitionImage } from './image.ts'
import { addToIndex, removeFromIndex } from './partition-index.ts'
import type { ImageState, TopicState } from './state.ts'

/**
 * `image` with `partition` in `topic`, and the derived indexes brought in line with it.
 *
 * @throws InvariantError if replicas are missing or repeated, the in-sync set is empty, repeats a member or is no
 *   subset of the replicas, or the leader is not in it
 */
export function withPartition(image: ImageState, topic: TopicState, partition: PartitionImage): ImageState {
  assertPartition(partition)
  const previous = topic.partitions.get(partition.partitionId)
  const next = previous === undefined ? image : withoutIndexes(image, previous, partition)
  const joined = partition.isr.filter((id) => previous === undefined || !previous.isr.includes(id))
  const led = previous?.leader === partition.leader ? [] : [partition.leader]
  return {
    ...next,
    topics: next.topics.set(topic.topicId, {
      ...topic,
      partitions: topic.partitions.set(partition.partitionId, partition),
    }),
    partitionsByIsrMember: addToIndex(next.partitionsByIsrMember, joined, partition),
    partitionsByLeader: addToIndex(next.partitionsByLeader, led, partition),
  }
}

/** `image` with `partition` taken out of the derived indexes, except where `replacement` stays in them. */
export function withoutIndexes(
  image: ImageState,
  partition: PartitionImage,
  replacement?: PartitionImage,
): ImageState {
  const left = partition.isr.filter((id) => replacement === undefined || !replacement.isr.includes(id))
  const lost = replacement?.leader === partition.leader ? [] : [partition.leader]
  return {
    ...image,
    partitionsByIsrMember: removeFromIndex(image.partitionsByIsrMember, left, partition),
    partitionsByLeader: removeFromIndex(image.partitionsByLeader, lost, partition),
  }
}

function assertPartition(partition: PartitionImage): void {
  const { isr, leader, replicas } = partition
  const name = `partition ${partition.partitionId} of topic ${partition.topicId}`
  assertInvariant(replicas.length > 0, `${name} has a replica`)
  assertInvariant(
    new Set(replicas).size === replicas.length,
    `replicas of ${name} do not repeat: ${replicas.join(',')}`,
  )
  assertInvariant(isr.length > 0, `the in-sync set of ${name} is not empty`)
  assertInvariant(
    new Set(isr).size === isr.length,
    `the in-sync set of ${name} does not repeat: ${isr.join(',')}`,
  )
  assertInvariant(
    isr.every((id) => replicas.includes(id)),
    `the in-sync set of ${name} is a subset of its replicas: ${isr.join(',')}`,
  )
  assertInvariant(leader === NO_LEADER || isr.includes(leader), `leader ${leader} of ${name} is in sync`)
}
