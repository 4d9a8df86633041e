import type { FetchRequest } from '../messages.ts'
import { promisedLease } from './read-lease.ts'
import type { Replica } from './replica.ts'

/** The fetch this node would send now: it acknowledges what is durable here, and nothing else. */
export function fetchRequest(replica: Replica, maxWaitMs: number, readRound = 0): FetchRequest {
  const fetchOffset = replica.log.durableEndOffset
  return {
    type: 'fetch',
    clusterId: replica.config.clusterId,
    epoch: replica.epoch,
    replicaId: replica.config.id,
    replicaDirectoryId: replica.config.directoryId,
    fetchOffset,
    lastFetchedEpoch: replica.log.epochBefore(fetchOffset),
    highWatermark: replica.highWatermark,
    maxWaitMs,
    readRound,
    ...(replica.config.isJoiner ? ({ isJoiner: true } as const) : {}),
    ...promisedLease(replica.config),
  }
}
