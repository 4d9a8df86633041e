import { defineApi } from '@quorate/transport'
import { z } from 'zod'
import { endpointSchema } from '../records/broker-record.ts'
import { brokerEpochField, brokerIdField } from '../records/fields.ts'

/** The brokers of the cluster and their state, ordered by id. Answered by any node from the image it has. */
export const describeClusterApi = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: [
    {
      request: z.object({}),
      response: z.object({
        clusterId: z.string(),
        /** Absent while the node asked knows of no leader. */
        controllerId: z.int().optional(),
        /** Offset after the last record in the image the answer was read from. */
        offset: z.int(),
        topicCount: z.int(),
        brokers: z.array(
          z.object({
            brokerId: brokerIdField,
            brokerEpoch: brokerEpochField,
            endpoints: z.array(endpointSchema).readonly(),
            rack: z.string().optional(),
            state: z.enum(['fenced', 'unfenced', 'controlled-shutdown']),
          }),
        ),
      }),
    },
  ],
})

/** The quorum as the node asked sees it. Only the leader knows the replicas' lag. */
export const describeQuorumApi = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: [
    {
      request: z.object({}),
      response: z.object({
        nodeId: z.int(),
        clusterId: z.string(),
        role: z.string(),
        epoch: z.int(),
        /** Absent while the node asked knows of no leader. */
        leaderId: z.int().optional(),
        highWatermark: z.int(),
        startOffset: z.int(),
        endOffset: z.int(),
        voters: z.array(z.int()),
        /** Voters and observers as the leader sees them; empty elsewhere. */
        replicas: z.array(
          z.object({
            id: z.int(),
            directoryId: z.string().optional(),
            voter: z.boolean(),
            endOffset: z.int(),
            lag: z.int(),
            lastFetchAgoMs: z.number().optional(),
            lastCaughtUpAgoMs: z.number().optional(),
          }),
        ),
      }),
    },
  ],
})

/**
 * SHA-256 of a node's image, hexadecimal, and the offset it was taken at: nodes at the same offset must agree. Waits
 * until the node has reached `minOffset`.
 */
export const imageHashApi = defineApi({
  key: 1_001,
  name: 'ImageHash',
  versions: [
    {
      request: z.object({ minOffset: z.int().min(0).optional() }),
      response: z.object({ offset: z.int(), hash: z.string() }),
    },
  ],
})

/**
 * Answers the offset of this moment, once a majority confirmed that the active controller still leads: a node that has
 * reached it has seen every write acknowledged before the call. Writes nothing.
 */
export const barrierApi = defineApi({
  key: 1_002,
  name: 'Barrier',
  versions: [{ request: z.object({}), response: z.object({ offset: z.int() }) }],
})
