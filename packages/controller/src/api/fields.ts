import { z } from 'zod'

/** Why one part of a request failed while others may have succeeded: absent on success. */
export const failureFields = {
  /** Name of Kafka's error code, see `errorNumbers`. */
  error: z.string().max(64).optional(),
  /** For people. */
  message: z.string().max(2_000).optional(),
}

/** A topic name as requests may carry it: the operation says what is wrong with it, so nothing but its size is checked. */
export const requestedName = z.string().max(1_000)

/** Topics one request may name. */
export const MAX_TOPICS_PER_REQUEST = 1_000

/** Partitions one topic may have, and one request may name. */
export const MAX_PARTITIONS = 10_000

/** Replicas one partition may have. */
export const MAX_REPLICAS = 100

/** Configs one topic may be given in one request. */
export const MAX_CONFIGS = 100
