import { assertInvariant } from '@quorate/log'
import type { ImageState } from '../image/state.ts'
import type { MetadataRecordOf } from '../records.ts'

/**
 * Replaces the broker's registration.
 *
 * @throws InvariantError if the same incarnation got another epoch, or another incarnation an epoch that is not higher
 */
export function foldBrokerRecord(image: ImageState, record: MetadataRecordOf<'BrokerRecord'>): ImageState {
  const { type: _, ...broker } = record
  const existing = image.brokers.get(broker.brokerId)
  if (existing !== undefined) {
    const name = `broker ${broker.brokerId}`
    if (existing.incarnationId === broker.incarnationId) {
      assertInvariant(existing.brokerEpoch === broker.brokerEpoch, `${name} keeps its epoch while it runs`)
    } else {
      assertInvariant(
        existing.brokerEpoch < broker.brokerEpoch,
        `${name} gets a higher epoch when it starts anew`,
      )
    }
  }
  return { ...image, brokers: image.brokers.set(broker.brokerId, broker) }
}
