import { z } from 'zod'
import { brokerEpochField, brokerIdField, idField } from './fields.ts'

/** Where clients and other brokers reach a broker. `name` is unique among the endpoints of one broker. */
export const endpointSchema = z.looseObject({
  /** Name of the listener, such as `PLAINTEXT`. */
  name: z.string().min(1).max(249),
  host: z.string().min(1).max(255),
  port: z.int().min(0).max(65_535),
})

/** A broker registered itself (KRaft: RegisterBrokerRecord, 0). Replaces an earlier registration of the same broker. */
export const brokerRecord = z.looseObject({
  brokerId: brokerIdField,
  /** One for each start of the broker's process. */
  incarnationId: idField,
  /** The offset the controller was about to write; kept when the same incarnation registers again. */
  brokerEpoch: brokerEpochField,
  endpoints: z.array(endpointSchema).max(32).readonly(),
  /** Failure domain for placement; absent if the broker named none. */
  rack: z.string().max(249).optional(),
  /** Brokers are born fenced. A fenced broker leads nothing and is in no in-sync set but one it is the last member of. */
  fenced: z.boolean(),
  /** True from the moment its leaders are moved away until it registers anew. */
  inControlledShutdown: z.boolean(),
})
