import { z } from 'zod'
import { brokerEpochField, brokerIdField } from './fields.ts'

/** A broker is gone for good (KRaft: UnregisterBrokerRecord, 1). */
export const unregisterBroker = z.looseObject({
  brokerId: brokerIdField,
  /** Must be the epoch of the current registration. */
  brokerEpoch: brokerEpochField,
})
