import { assertInvariant } from '@quorate/log'
import type { BrokerImage } from '../image/image.ts'
import type { ImageState } from '../image/state.ts'

/** The registration a record means. @throws InvariantError if there is none, or it has another epoch */
export function registered(
  image: ImageState,
  record: { readonly type: string; readonly brokerId: number; readonly brokerEpoch: number },
): BrokerImage {
  const broker = image.brokers.get(record.brokerId)
  assertInvariant(
    broker?.brokerEpoch === record.brokerEpoch,
    `${record.type} names a registration there is: broker ${record.brokerId}, epoch ${record.brokerEpoch}`,
  )
  return broker
}
