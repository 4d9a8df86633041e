import { z } from 'zod'
import { brokerIdsField, epochField, idField, leaderField, partitionIdField } from './fields.ts'

/** A partition came to be (KRaft: PartitionRecord, 3). Later changes are `IsrChange` records. */
export const partitionRecord = z.looseObject({
  partitionId: partitionIdField,
  topicId: idField,
  /** In order of preference: the first is the preferred leader. */
  replicas: brokerIdsField,
  /** The in-sync set: a subset of `replicas`. */
  isr: brokerIdsField,
  /** A member of `isr`, or -1 while nobody can lead. */
  leader: leaderField,
  /** Grows with every election. A leader of an older epoch is fenced. */
  leaderEpoch: epochField,
  /** Grows with every change of the partition: the token for compare-and-set. */
  partitionEpoch: epochField,
})
