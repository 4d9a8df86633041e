import { isActive } from '@quorate/controller'
import type { MetadataImage, PartitionImage } from '@quorate/controller'

/** A larger in-sync set that a leader wants for a partition, and the epochs it was decided upon. */
export interface IsrProposal {
  readonly topicId: string
  readonly partitionId: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** In the order of the replicas. The broker epochs fence a replica that restarted since (KIP-903). */
  readonly newIsr: { readonly brokerId: number; readonly brokerEpoch: number }[]
}

/**
 * The in-sync set that `brokerId` proposes for a partition it leads: the one there is, and every replica that is
 * registered, unfenced and not shutting down (KIP-841).
 *
 * Replication of partition data is not built yet: partitions hold no records, so a replica that is online is caught up.
 *
 * @returns `undefined` if `brokerId` does not lead the partition, or no replica can join
 */
export function isrProposal(
  image: MetadataImage,
  brokerId: number,
  partition: PartitionImage,
): IsrProposal | undefined {
  const { topicId, partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch } = partition
  if (leader !== brokerId) return undefined
  const canJoin = (id: number): boolean => !isr.includes(id) && isActive(image, id)
  if (!replicas.some(canJoin)) return undefined
  const newIsr = replicas
    .filter((id) => isr.includes(id) || canJoin(id))
    .flatMap((id) => image.brokers.get(id) ?? [])
    .map((broker) => ({ brokerId: broker.brokerId, brokerEpoch: broker.brokerEpoch }))
  return { topicId, partitionId, leaderEpoch, partitionEpoch, newIsr }
}
