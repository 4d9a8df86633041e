import { z } from 'zod'
import { brokerIdsField, idField, leaderField, partitionIdField } from './fields.ts'

/**
 * The in-sync set of a partition, its leader, or both changed (KRaft: PartitionChangeRecord, 5).
 *
 * What is absent stays as it is. The partition epoch grows by one in any case; the leader epoch grows by one exactly if
 * `leader` is present, also if it names the leader there was: that is how an epoch is forced up.
 */
export const isrChange = z.looseObject({
  partitionId: partitionIdField,
  topicId: idField,
  /** The in-sync set from now on. */
  isr: brokerIdsField.optional(),
  /** The leader from now on; -1 makes the partition leaderless. */
  leader: leaderField.optional(),
})
