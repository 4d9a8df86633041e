import { defineApi } from '@quorate/transport'
import { z } from 'zod'
import {
  brokerEpochField,
  brokerIdField,
  brokerIdsField,
  epochField,
  idField,
  leaderField,
  partitionIdField,
} from '../records/fields.ts'
import { failureFields, MAX_PARTITIONS, MAX_REPLICAS, MAX_TOPICS_PER_REQUEST } from './fields.ts'

/**
 * A leader asks for another in-sync set for partitions it leads (KIP-497, broker epochs KIP-903).
 *
 * Errors: STALE_BROKER_EPOCH for the whole request. Per partition: UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION,
 * NOT_CONTROLLER (the request is ahead of this controller), FENCED_LEADER_EPOCH, INVALID_REQUEST,
 * INVALID_UPDATE_VERSION (the partition changed since), INELIGIBLE_REPLICA.
 */
export const alterPartitionApi = defineApi({
  key: 56,
  name: 'AlterPartition',
  versions: [
    {
      request: z.object({
        /** The leader that asks. */
        brokerId: brokerIdField,
        brokerEpoch: brokerEpochField,
        topics: z
          .array(
            z.object({
              topicId: idField,
              partitions: z
                .array(
                  z.object({
                    partitionId: partitionIdField,
                    /** Under which the caller leads. */
                    leaderEpoch: epochField,
                    /** The partition epoch the request was decided upon. */
                    partitionEpoch: epochField,
                    /** The in-sync set wanted. `brokerEpoch` -1: do not compare it. */
                    newIsr: z
                      .array(z.object({ brokerId: brokerIdField, brokerEpoch: z.int().min(-1) }))
                      .max(MAX_REPLICAS),
                  }),
                )
                .max(MAX_PARTITIONS),
            }),
          )
          .max(MAX_TOPICS_PER_REQUEST),
      }),
      response: z.object({
        topics: z.array(
          z.object({
            topicId: idField,
            partitions: z.array(
              z.object({
                partitionId: partitionIdField,
                ...failureFields,
                /** The partition as it is now; absent on failure. */
                leader: leaderField.optional(),
                leaderEpoch: epochField.optional(),
                isr: brokerIdsField.optional(),
                partitionEpoch: epochField.optional(),
              }),
            ),
          }),
        ),
      }),
    },
  ],
})
