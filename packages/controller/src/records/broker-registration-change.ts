import { z } from 'zod'
import { brokerEpochField, brokerIdField } from './fields.ts'

/** A registered broker was fenced, unfenced, or began its controlled shutdown (KRaft: BrokerRegistrationChangeRecord, 17). */
export const brokerRegistrationChange = z.looseObject({
  brokerId: brokerIdField,
  /** Must be the epoch of the current registration. */
  brokerEpoch: brokerEpochField,
  /** true fences, false unfences; absent: no change. */
  fenced: z.boolean().optional(),
  /** Only ever true: a shutdown is not taken back. Absent: no change. */
  inControlledShutdown: z.literal(true).optional(),
})
