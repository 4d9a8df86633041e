import { defineApi } from '@quorate/transport'
import { z } from 'zod'
import { brokerIdField, brokerIdsField, idField, leaderField, partitionIdField } from '../records/fields.ts'
import {
  failureFields,
  MAX_CONFIGS,
  MAX_PARTITIONS,
  MAX_REPLICAS,
  MAX_TOPICS_PER_REQUEST,
  requestedName,
} from './fields.ts'

const assignment = z.array(brokerIdField).max(MAX_REPLICAS).readonly()

const creatableTopic = z.object({
  name: requestedName,
  /** Absent or -1: as many as `assignments`, or the cluster's default. */
  partitions: z.int().optional(),
  /** Absent or -1: that of `assignments`, or the cluster's default. */
  replicationFactor: z.int().optional(),
  /** The replicas of each partition, in order of preference; absent or empty: the controller places them. */
  assignments: z
    .array(z.object({ partitionId: partitionIdField, brokerIds: assignment }))
    .max(MAX_PARTITIONS)
    .optional(),
  /** Configs by name; one whose value is null is left at its default. */
  configs: z
    .array(z.object({ name: z.string().max(249), value: z.string().max(32_767).nullable() }))
    .max(MAX_CONFIGS)
    .optional(),
})

/** Creates topics. Errors are per topic: the good ones are created, all in one batch. */
export const createTopicsApi = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: [
    {
      request: z.object({
        topics: z.array(creatableTopic).max(MAX_TOPICS_PER_REQUEST),
        /** Checks everything and writes nothing. */
        validateOnly: z.boolean().optional(),
      }),
      response: z.object({
        topics: z.array(
          z.object({
            name: z.string(),
            ...failureFields,
            /** Absent on failure, and when only validated. */
            topicId: idField.optional(),
            partitions: z.int().optional(),
            replicationFactor: z.int().optional(),
          }),
        ),
      }),
    },
  ],
})

/** Deletes topics, each given by name or by topic id. Errors are per topic. */
export const deleteTopicsApi = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: [
    {
      request: z.object({
        topics: z
          .array(z.object({ name: requestedName.optional(), topicId: idField.optional() }))
          .max(MAX_TOPICS_PER_REQUEST),
      }),
      response: z.object({
        topics: z.array(
          z.object({ name: z.string().optional(), topicId: idField.optional(), ...failureFields }),
        ),
      }),
    },
  ],
})

/** Adds partitions to topics. Errors are per topic. */
export const createPartitionsApi = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: [
    {
      request: z.object({
        topics: z
          .array(
            z.object({
              name: requestedName,
              /** Partitions the topic is to have in the end. More than it has now. */
              count: z.int(),
              /** The replicas of each new partition; absent: the controller places them. */
              assignments: z.array(assignment).max(MAX_PARTITIONS).optional(),
            }),
          )
          .max(MAX_TOPICS_PER_REQUEST),
        validateOnly: z.boolean().optional(),
      }),
      response: z.object({ topics: z.array(z.object({ name: z.string(), ...failureFields })) }),
    },
  ],
})

const describedPartition = z.object({
  partitionId: partitionIdField,
  replicas: brokerIdsField,
  isr: brokerIdsField,
  leader: leaderField,
  leaderEpoch: z.int(),
  partitionEpoch: z.int(),
})

/** Where a page of {@link describeTopicsApi} begins. */
const cursor = z.object({ topicName: requestedName, partitionId: partitionIdField })

/**
 * Topics, ordered by name, with their configs and partitions, page by page (KIP-966). Answered by any node from the
 * image it has; pages may come from different offsets.
 */
export const describeTopicsApi = defineApi({
  key: 75,
  name: 'DescribeTopics',
  versions: [
    {
      request: z.object({
        /** Absent: all topics. */
        names: z.array(requestedName).max(MAX_TOPICS_PER_REQUEST).optional(),
        /** Partitions in one answer. @default 2_000 */
        partitionLimit: z.int().min(1).max(MAX_PARTITIONS).optional(),
        /** `nextCursor` of the page before. */
        cursor: cursor.optional(),
      }),
      response: z.object({
        /** Offset after the last record in the image the answer was read from. */
        offset: z.int(),
        topics: z.array(
          z.object({
            name: z.string(),
            ...failureFields,
            topicId: idField.optional(),
            configs: z.array(z.object({ name: z.string(), value: z.string() })),
            partitions: z.array(describedPartition),
          }),
        ),
        /** Present if there is more. */
        nextCursor: cursor.optional(),
      }),
    },
  ],
})
