import { ControllerError } from '../errors.ts'
import { isActive } from '../image/image.ts'
import type { MetadataImage } from '../image/image.ts'
import type { UsableBroker } from '../placement/striped-placer.ts'
import type { MetadataRecordOf } from '../records.ts'

/** The brokers new replicas may be placed on: all but those that are shutting down. */
export function usableBrokers(image: MetadataImage): UsableBroker[] {
  return Array.from(image.brokers.values())
    .filter(({ inControlledShutdown }) => !inControlledShutdown)
    .map(({ brokerId, fenced, rack }) => ({ brokerId, fenced, rack }))
    .toSorted((a, b) => a.brokerId - b.brokerId)
}

/**
 * Checks replicas that a request named itself.
 *
 * @throws INVALID_REPLICA_ASSIGNMENT if there are none, one is repeated or not registered, their number is not
 *   `replicationFactor`, or none of them is active
 */
export function checkAssignment(
  image: MetadataImage,
  replicas: readonly number[],
  replicationFactor: number,
): void {
  const fault =
    replicas.length === 0
      ? 'names no broker'
      : new Set(replicas).size !== replicas.length
        ? 'names a broker twice'
        : !replicas.every((id) => image.brokers.has(id))
          ? 'names a broker that is not registered'
          : replicas.length !== replicationFactor
            ? `has ${replicas.length} replicas where the others have ${replicationFactor}`
            : !replicas.some((id) => isActive(image, id))
              ? 'names no broker that is online'
              : undefined
  if (fault === undefined) return
  throw new ControllerError('INVALID_REPLICA_ASSIGNMENT', `the assignment [${replicas.join(', ')}] ${fault}`)
}

/** A new partition: in sync is who is active, the first of them leads, and both epochs begin at 0. */
export function newPartition(
  image: MetadataImage,
  topicId: string,
  partitionId: number,
  replicas: readonly number[],
): MetadataRecordOf<'PartitionRecord'> {
  const isr = replicas.filter((id) => isActive(image, id))
  const [leader] = isr
  if (leader === undefined) {
    throw new ControllerError('INVALID_REPLICA_ASSIGNMENT', `no broker of [${replicas.join(', ')}] is online`)
  }
  return {
    type: 'PartitionRecord',
    partitionId,
    topicId,
    replicas,
    isr,
    leader,
    leaderEpoch: 0,
    partitionEpoch: 0,
  }
}
