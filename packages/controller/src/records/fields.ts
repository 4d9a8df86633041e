import { z } from 'zod'

/** Number of a broker. Unique in the cluster; the same range as Kafka's int32, without the negative half. */
export const brokerIdField = z.int().min(0).max(0x7f_ff_ff_ff)

/** Number of a partition within its topic. The first is 0. */
export const partitionIdField = z.int().min(0).max(0x7f_ff_ff_ff)

/** Leader of a partition: a broker id, or {@link NO_LEADER}. */
export const leaderField = z.int().min(-1).max(0x7f_ff_ff_ff)

/** A counter that starts at 0 and only grows: leader epoch, partition epoch. */
export const epochField = z.int().min(0)

/** A broker epoch: the offset the controller was about to write when it registered the broker. */
export const brokerEpochField = z.int().min(0)

/** An identity given out once: topic id, incarnation id. A UUID, unless whoever opened the controller injects others. */
export const idField = z.string().min(1).max(64)

/** Broker ids in an order that means something: replicas in order of preference, the in-sync set in that same order. */
export const brokerIdsField = z.array(brokerIdField).readonly()

/** Leader of a partition that has none. */
export const NO_LEADER = -1
