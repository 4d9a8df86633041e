import type { MetadataDelta, PartitionDelta, PartitionImage } from '@quorate/controller'
import { assertInvariant } from '@quorate/log'

/** A partition that has a replica on this broker, and the part this broker plays in it. */
export interface LocalPartition extends PartitionImage {
  readonly topicName: string
  /** A replica that does not lead follows, also while nobody leads. */
  readonly role: 'leader' | 'follower'
}

/** Finds and lists the partitions a broker holds. */
export interface LocalPartitions extends Iterable<LocalPartition> {
  readonly size: number
  get(topicId: string, partitionId: number): LocalPartition | undefined
}

/** What a change of the metadata means for the partitions of one broker. To be carried out in the order of the fields. */
export interface LocalReplicaChanges {
  /** Held until now, and gone: their topic was deleted, or this broker is no replica any more. */
  readonly deletes: readonly LocalPartition[]
  /** Held until now, and unknown to the cluster: deleted while this broker was not told about each change. */
  readonly strays: readonly LocalPartition[]
  /** New, or changed, and led by this broker. */
  readonly leaders: readonly LocalPartition[]
  /** New, or changed, and not led by this broker. */
  readonly followers: readonly LocalPartition[]
}

/**
 * Decides what `delta` means for the partitions `held` by `brokerId` (Kafka's `LocalReplicaChanges`).
 *
 * Idempotent: a partition whose epoch is held already is no change, so that a delta that repeats what is known, such as
 * a snapshot, causes nothing.
 *
 * @throws InvariantError if a newer partition has an older leader epoch
 */
export function localReplicaChanges(
  brokerId: number,
  delta: MetadataDelta,
  held: LocalPartitions,
): LocalReplicaChanges {
  const assigned = delta.partitions.filter(({ current }) => current.replicas.includes(brokerId))
  const changed = assigned
    .filter(({ current }) => isNews(held.get(current.topicId, current.partitionId), current))
    .map((partition) => localPartition(brokerId, partition))
  return {
    deletes: delta.snapshot ? [] : removed(brokerId, delta, held),
    strays: delta.snapshot ? without(held, assigned) : [],
    leaders: changed.filter(({ role }) => role === 'leader'),
    followers: changed.filter(({ role }) => role === 'follower'),
  }
}

function isNews(held: LocalPartition | undefined, current: PartitionImage): boolean {
  if (held === undefined) return true
  if (current.partitionEpoch <= held.partitionEpoch) return false
  assertInvariant(
    current.leaderEpoch >= held.leaderEpoch,
    `the leader epoch of ${held.topicName}-${held.partitionId} does not go back from ${held.leaderEpoch}`,
  )
  return true
}

function localPartition(brokerId: number, { topicName, current }: PartitionDelta): LocalPartition {
  return { ...current, topicName, role: current.leader === brokerId ? 'leader' : 'follower' }
}

function removed(brokerId: number, delta: MetadataDelta, held: LocalPartitions): LocalPartition[] {
  const deleted = delta.topicsDeleted.flatMap((topic) => [...topic.partitions.values()])
  const unassigned = delta.partitions
    .map(({ current }) => current)
    .filter(({ replicas }) => !replicas.includes(brokerId))
  return [...deleted, ...unassigned].flatMap(
    ({ topicId, partitionId }) => held.get(topicId, partitionId) ?? [],
  )
}

function without(held: LocalPartitions, assigned: readonly PartitionDelta[]): LocalPartition[] {
  const known = new Set(assigned.map(({ current }) => partitionKey(current)))
  return [...held].filter((partition) => !known.has(partitionKey(partition)))
}

/** A string that names one partition of the cluster. */
export function partitionKey({
  topicId,
  partitionId,
}: Pick<PartitionImage, 'topicId' | 'partitionId'>): string {
  return `${topicId}-${partitionId}`
}
