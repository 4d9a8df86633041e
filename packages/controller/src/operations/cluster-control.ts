import type { RequestOf } from '@quorate/transport'
import type { Decision } from '@quorate/store'
import { ControllerError } from '../errors.ts'
import type { BrokerImage, MetadataImage } from '../image/image.ts'
import type { brokerRegistrationApi } from '../api/brokers.ts'
import type { MetadataRecord } from '../records.ts'
import { MAX_RECORDS_PER_BATCH } from './limits.ts'
import { leaveIsrs } from './replication-control.ts'

type RegistrationRequest = RequestOf<typeof brokerRegistrationApi>

/**
 * Registers a broker, fenced and under the epoch `next`, the offset of the record. The incarnation that is registered
 * already keeps its epoch and state, and gets its endpoints and rack renewed.
 *
 * Another incarnation may take over once the session of the one before has ended: it is fenced then.
 *
 * @throws INCONSISTENT_CLUSTER_ID, INVALID_REGISTRATION, DUPLICATE_BROKER_REGISTRATION
 */
export function registerBroker(
  image: MetadataImage,
  request: RegistrationRequest,
  { clusterId, next }: { readonly clusterId: string; readonly next: number },
): Decision<MetadataRecord, { readonly brokerEpoch: number }> {
  const { brokerId, endpoints, incarnationId, rack } = request
  if (request.clusterId !== clusterId) {
    throw new ControllerError(
      'INCONSISTENT_CLUSTER_ID',
      `broker ${brokerId} belongs to cluster ${request.clusterId}, not to ${clusterId}`,
      { clusterId },
    )
  }
  checkEndpoints(request)
  const existing = image.brokers.get(brokerId)
  const same = existing?.incarnationId === incarnationId
  if (existing !== undefined && !same && !existing.fenced) {
    throw new ControllerError(
      'DUPLICATE_BROKER_REGISTRATION',
      `another process is registered as broker ${brokerId}; if it is gone, try again once its session has ended`,
      { brokerId },
    )
  }
  const brokerEpoch = same ? existing.brokerEpoch : next
  return {
    records: [
      {
        type: 'BrokerRecord',
        brokerId,
        incarnationId,
        brokerEpoch,
        endpoints,
        ...(rack === undefined ? {} : { rack }),
        fenced: same ? existing.fenced : true,
        inControlledShutdown: same && existing.inControlledShutdown,
      },
    ],
    response: { brokerEpoch },
  }
}

/**
 * Takes the broker out of every in-sync set and forgets its registration. Too large for one batch, the registration
 * goes with the last slice.
 *
 * @throws BROKER_ID_NOT_REGISTERED
 */
export function unregisterBroker(
  image: MetadataImage,
  brokerId: number,
  limit = MAX_RECORDS_PER_BATCH,
): Decision<MetadataRecord, { readonly more: boolean }> {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) {
    throw new ControllerError('BROKER_ID_NOT_REGISTERED', `there is no broker ${brokerId}`, { brokerId })
  }
  return leaving(image, broker, limit, {
    type: 'UnregisterBroker',
    brokerId,
    brokerEpoch: broker.brokerEpoch,
  })
}

/**
 * Takes the broker out of every in-sync set and fences it. Too large for one batch, it is fenced with the last slice;
 * a controller that takes over in between finds it unfenced and goes on. Nothing to do if it is fenced or unknown.
 */
export function fenceBroker(
  image: MetadataImage,
  brokerId: number,
  limit = MAX_RECORDS_PER_BATCH,
): Decision<MetadataRecord, { readonly more: boolean }> {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined || broker.fenced) return { records: [], response: { more: false } }
  return leaving(image, broker, limit, {
    type: 'BrokerRegistrationChange',
    brokerId,
    brokerEpoch: broker.brokerEpoch,
    fenced: true,
  })
}

function leaving(
  image: MetadataImage,
  broker: BrokerImage,
  limit: number,
  last: MetadataRecord,
): Decision<MetadataRecord, { readonly more: boolean }> {
  const { more, records } = leaveIsrs(image, broker.brokerId, limit - 1)
  return { records: more ? records : [...records, last], response: { more } }
}

function checkEndpoints({ brokerId, endpoints }: RegistrationRequest): void {
  if (endpoints.length === 0) {
    throw new ControllerError('INVALID_REGISTRATION', `broker ${brokerId} names no endpoint`)
  }
  const names = endpoints.map(({ name }) => name)
  if (new Set(names).size !== names.length) {
    throw new ControllerError(
      'INVALID_REGISTRATION',
      `broker ${brokerId} names an endpoint twice: ${names.join(', ')}`,
    )
  }
}
