import type { ImageState } from '../image/state.ts'
import type { MetadataRecordOf } from '../records.ts'
import { registered } from './registered.ts'

/** Forgets the broker's registration. @throws InvariantError if there is none of that epoch */
export function foldUnregisterBroker(
  image: ImageState,
  record: MetadataRecordOf<'UnregisterBroker'>,
): ImageState {
  return { ...image, brokers: image.brokers.delete(registered(image, record).brokerId) }
}
