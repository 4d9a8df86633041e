import type { RequestOf, ResponseOf } from '@quorate/transport'
import type { Decision } from '@quorate/store'
import type { brokerHeartbeatApi } from '../api/brokers.ts'
import { ControllerError } from '../errors.ts'
import type { BrokerImage, MetadataImage } from '../image/image.ts'
import type { MetadataRecord } from '../records.ts'
import { fenceBroker } from './cluster-control.ts'
import { MAX_RECORDS_PER_BATCH } from './limits.ts'
import { electLeaders, leadsAny, leaveIsrs } from './replication-control.ts'

/** How the controller sees a broker: `BrokerControlState` of Kafka. */
export type BrokerControlState = 'fenced' | 'unfenced' | 'controlled-shutdown' | 'shutdown-now'

/** A validated heartbeat. */
export type HeartbeatRequest = RequestOf<typeof brokerHeartbeatApi>

/** What only the active controller knows, and nowhere is written down. */
export interface HeartbeatState {
  /** Offset after the last record that moved leaders away; `undefined` unless the broker is in controlled shutdown. */
  readonly controlledShutdownOffset: number | undefined
  /** The lowest metadata offset any active broker reported; Infinity if none is active. */
  readonly lowestActiveOffset: number
}

/** What {@link processHeartbeat} found beside the answer to the broker. */
export interface HeartbeatOutcome {
  readonly state: BrokerControlState
  readonly answer: ResponseOf<typeof brokerHeartbeatApi>
  /** Leaders that move, or partitions that get one, did not fit one batch. */
  readonly more: boolean
  /** Offset after the records of this decision. */
  readonly endOffset: number
}

/** The state recorded for `broker`. */
export function controlStateOf(broker: BrokerImage): Exclude<BrokerControlState, 'shutdown-now'> {
  if (broker.fenced) return 'fenced'
  return broker.inControlledShutdown ? 'controlled-shutdown' : 'unfenced'
}

/**
 * Kafka's `calculateNextBrokerState`, row by row:
 *
 *     fenced               wants to shut down                     shutdown-now
 *     fenced               wants no fence, and is caught up       unfenced
 *     fenced               otherwise                              fenced
 *     unfenced             wants fence and to shut down           shutdown-now
 *     unfenced             wants fence                            fenced
 *     unfenced             wants to shut down, leads partitions   controlled-shutdown
 *     unfenced             wants to shut down, leads none         shutdown-now
 *     unfenced             otherwise                              unfenced
 *     controlled-shutdown  leads partitions, or some active broker has not seen its leaders move: it stays
 *     controlled-shutdown  otherwise                              shutdown-now
 */
export function nextBrokerState(
  current: Exclude<BrokerControlState, 'shutdown-now'>,
  wants: { readonly wantFence: boolean; readonly wantShutDown: boolean },
  facts: HeartbeatState & { readonly isCaughtUp: boolean; readonly leads: boolean },
): BrokerControlState {
  switch (current) {
    case 'fenced':
      if (wants.wantShutDown) return 'shutdown-now'
      return !wants.wantFence && facts.isCaughtUp ? 'unfenced' : 'fenced'
    case 'unfenced':
      if (wants.wantFence) return wants.wantShutDown ? 'shutdown-now' : 'fenced'
      if (!wants.wantShutDown) return 'unfenced'
      return facts.leads ? 'controlled-shutdown' : 'shutdown-now'
    case 'controlled-shutdown': {
      const moved = facts.controlledShutdownOffset
      const seenByAll = moved !== undefined && moved <= facts.lowestActiveOffset
      return facts.leads || !seenByAll ? 'controlled-shutdown' : 'shutdown-now'
    }
  }
}

/**
 * Decides what a heartbeat changes.
 *
 * - to unfenced: the registration first, then leaders for the leaderless partitions it can lead
 * - to fenced and to shutdown-now: out of every in-sync set first, then the registration
 * - to controlled-shutdown: the registration once, then out of every in-sync set, also with later heartbeats, so that a
 *   controller that takes over finishes what the one before began
 *
 * @throws STALE_BROKER_EPOCH
 */
export function processHeartbeat(
  image: MetadataImage,
  request: HeartbeatRequest,
  {
    soft,
    next,
    limit = MAX_RECORDS_PER_BATCH,
  }: { readonly soft: HeartbeatState; readonly next: number; readonly limit?: number },
): Decision<MetadataRecord, HeartbeatOutcome> {
  const broker = registration(image, request)
  const isCaughtUp = request.currentMetadataOffset > broker.brokerEpoch
  const leads = leadsAny(image, broker.brokerId)
  const state = nextBrokerState(controlStateOf(broker), request, { ...soft, isCaughtUp, leads })
  const { more, records } = transition(image, broker, state, limit)
  return {
    records,
    response: {
      state,
      answer: {
        isCaughtUp,
        isFenced: state === 'fenced' || state === 'shutdown-now',
        shouldShutDown: state === 'shutdown-now',
      },
      more,
      endOffset: next + records.length,
    },
  }
}

/** The registration of the broker that sent `request`. @throws STALE_BROKER_EPOCH unless it has the request's epoch */
export function registration(
  image: MetadataImage,
  request: { readonly brokerId: number; readonly brokerEpoch: number },
): BrokerImage {
  const broker = image.brokers.get(request.brokerId)
  if (broker?.brokerEpoch === request.brokerEpoch) return broker
  throw new ControllerError(
    'STALE_BROKER_EPOCH',
    broker === undefined
      ? `broker ${request.brokerId} is not registered; register it`
      : `broker ${request.brokerId} is registered under epoch ${broker.brokerEpoch}, not ${request.brokerEpoch}; register again`,
    { brokerId: request.brokerId },
  )
}

function transition(
  image: MetadataImage,
  broker: BrokerImage,
  state: BrokerControlState,
  limit: number,
): { readonly records: readonly MetadataRecord[]; readonly more: boolean } {
  const { brokerId, brokerEpoch } = broker
  const change = { type: 'BrokerRegistrationChange', brokerId, brokerEpoch } as const
  switch (state) {
    case 'unfenced': {
      if (!broker.fenced) return { records: [], more: false }
      const { more, records } = electLeaders(image, { limit: limit - 1, returning: brokerId })
      return { records: [{ ...change, fenced: false }, ...records], more }
    }
    case 'controlled-shutdown': {
      const { more, records } = leaveIsrs(image, brokerId, limit - 1)
      if (broker.inControlledShutdown) return { records, more }
      return { records: [{ ...change, inControlledShutdown: true }, ...records], more }
    }
    case 'fenced':
    case 'shutdown-now': {
      const { records, response } = fenceBroker(image, brokerId, limit)
      return { records, more: response.more }
    }
  }
}
