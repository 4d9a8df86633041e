import { Map, Set } from 'immutable'
import type { PartitionImage } from './image.ts'

type Partitions = Map<string, Set<number>>

/** Partitions by broker: broker id, then topic id, then partition numbers. Nothing in it is ever empty. */
export type PartitionIndex = Map<number, Partitions>

/** `index` with `partition` under every one of `brokerIds`. */
export function addToIndex(
  index: PartitionIndex,
  brokerIds: readonly number[],
  partition: PartitionImage,
): PartitionIndex {
  return brokerIds.reduce(
    (index, brokerId) =>
      index.update(brokerId, Map<string, Set<number>>(), (topics) =>
        topics.update(partition.topicId, Set<number>(), (numbers) => numbers.add(partition.partitionId)),
      ),
    index,
  )
}

/** `index` without `partition` under any of `brokerIds`. */
export function removeFromIndex(
  index: PartitionIndex,
  brokerIds: readonly number[],
  partition: PartitionImage,
): PartitionIndex {
  return brokerIds.reduce((index, brokerId) => {
    const topics = index.get(brokerId)
    const numbers = topics?.get(partition.topicId)?.delete(partition.partitionId)
    if (topics === undefined || numbers === undefined) return index
    const rest = numbers.isEmpty() ? topics.delete(partition.topicId) : topics.set(partition.topicId, numbers)
    return rest.isEmpty() ? index.delete(brokerId) : index.set(brokerId, rest)
  }, index)
}
