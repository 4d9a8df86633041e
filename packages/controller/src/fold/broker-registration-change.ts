import type { ImageState } from '../image/state.ts'
import type { MetadataRecordOf } from '../records.ts'
import { registered } from './registered.ts'

/** Changes what the record names of the broker's registration. @throws InvariantError if there is none of that epoch */
export function foldBrokerRegistrationChange(
  image: ImageState,
  record: MetadataRecordOf<'BrokerRegistrationChange'>,
): ImageState {
  const broker = registered(image, record)
  const fenced = record.fenced ?? broker.fenced
  const inControlledShutdown = record.inControlledShutdown ?? broker.inControlledShutdown
  if (fenced === broker.fenced && inControlledShutdown === broker.inControlledShutdown) return image
  return {
    ...image,
    brokers: image.brokers.set(broker.brokerId, { ...broker, fenced, inControlledShutdown }),
  }
}
