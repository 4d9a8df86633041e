import { defineApi } from '@quorate/transport'
import { z } from 'zod'
import { endpointSchema } from '../records/broker-record.ts'
import { brokerEpochField, brokerIdField, idField } from '../records/fields.ts'

/**
 * Registers a broker, fenced, or confirms the registration of the same incarnation.
 *
 * Errors: INCONSISTENT_CLUSTER_ID, INVALID_REGISTRATION, DUPLICATE_BROKER_REGISTRATION (another incarnation has a live
 * session: retry until it expires).
 */
export const brokerRegistrationApi = defineApi({
  key: 62,
  name: 'BrokerRegistration',
  versions: [
    {
      request: z.object({
        brokerId: brokerIdField,
        clusterId: z.string().max(64),
        /** One for each start of the process. */
        incarnationId: idField,
        endpoints: z.array(endpointSchema).max(32),
        rack: z.string().max(249).optional(),
      }),
      response: z.object({ brokerEpoch: brokerEpochField }),
    },
  ],
})

/**
 * Says that a broker lives, how far it is, and what it wants; learns what it shall do.
 *
 * Errors: STALE_BROKER_EPOCH (not registered, or under another epoch: register again).
 */
export const brokerHeartbeatApi = defineApi({
  key: 63,
  name: 'BrokerHeartbeat',
  versions: [
    {
      request: z.object({
        brokerId: brokerIdField,
        brokerEpoch: brokerEpochField,
        /** Offset after the last metadata record the broker has applied and published. */
        currentMetadataOffset: z.int().min(0),
        /** The broker wants to be, or to stay, fenced. */
        wantFence: z.boolean(),
        /** The broker wants to shut down once its leaders have moved. */
        wantShutDown: z.boolean(),
      }),
      response: z.object({
        /** The broker has applied its own registration. */
        isCaughtUp: z.boolean(),
        isFenced: z.boolean(),
        /** The broker may stop now. */
        shouldShutDown: z.boolean(),
      }),
    },
  ],
})

/** Removes the registration of a broker that is gone for good. Errors: BROKER_ID_NOT_REGISTERED. */
export const unregisterBrokerApi = defineApi({
  key: 64,
  name: 'UnregisterBroker',
  versions: [{ request: z.object({ brokerId: brokerIdField }), response: z.object({}) }],
})
