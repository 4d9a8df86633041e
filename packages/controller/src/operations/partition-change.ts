import type { PartitionImage } from '../image/image.ts'
import type { MetadataRecordOf } from '../records.ts'
import { NO_LEADER } from '../records/fields.ts'

/** What {@link changePartition} is to bring about. */
export interface PartitionTarget {
  /** The in-sync set wanted. Empty: the last member stays in it, but cannot lead. @default as it is */
  readonly isr?: readonly number[]
  /** Whether a broker may lead once the records of this batch are folded. */
  readonly canLead: (brokerId: number) => boolean
}

/**
 * The record that brings `partition` to `target`, with a leader from what remains; `undefined` if nothing changes.
 *
 * A leader that may stay stays. Else the first replica, in order of preference, that is in the target set and can lead
 * is elected; if there is none, the partition becomes leaderless. The leader epoch grows only if the leader changes.
 */
export function changePartition(
  partition: PartitionImage,
  { isr = partition.isr, canLead }: PartitionTarget,
): MetadataRecordOf<'IsrChange'> | undefined {
  const leader = electLeader(partition, isr, canLead)
  // Whoever was in sync last holds everything that was acknowledged: without it in the set, that would be lost.
  const isrChanges = isr.length > 0 && !sameOrder(isr, partition.isr)
  const leaderChanges = leader !== partition.leader
  if (!isrChanges && !leaderChanges) return undefined
  return {
    type: 'IsrChange',
    partitionId: partition.partitionId,
    topicId: partition.topicId,
    ...(isrChanges ? { isr } : {}),
    ...(leaderChanges ? { leader } : {}),
  }
}

function electLeader(
  { leader, replicas }: PartitionImage,
  isr: readonly number[],
  canLead: (brokerId: number) => boolean,
): number {
  const valid = (brokerId: number): boolean => isr.includes(brokerId) && canLead(brokerId)
  return valid(leader) ? leader : (replicas.find(valid) ?? NO_LEADER)
}

function sameOrder(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}
