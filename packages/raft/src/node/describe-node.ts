import type { Offset } from '@quorate/log'
import type { Core } from '../core/core.ts'
import type { RaftStatus } from '../status.ts'
import type { RaftOptions } from './options.ts'

/** What a status is made of. */
export interface NodeParts {
  readonly core: Core
  readonly options: RaftOptions
  readonly appliedOffset: Offset
  /** Milliseconds on the node's clock. */
  readonly nowMs: number
}

/** The status of a node. */
export function describeNode({ core, options, appliedOffset, nowMs }: NodeParts): RaftStatus {
  const { id, directoryId, clusterId, voters, log } = options
  return {
    id,
    directoryId,
    clusterId,
    role: core.role,
    epoch: core.epoch,
    leaderId: core.leaderId,
    vote: core.vote,
    voters,
    startOffset: log.startOffset,
    endOffset: core.durableEndOffset,
    endEpoch: core.lastEpoch,
    highWatermark: core.highWatermark,
    appliedOffset,
    replicas: core.progress.map((replica) => ({
      id: replica.id,
      directoryId: replica.directoryId,
      voter: voters.includes(replica.id),
      endOffset: replica.endOffset,
      lag: core.endOffset - replica.endOffset,
      lastFetchAgoMs: nowMs - replica.lastFetchMs,
      lastCaughtUpAgoMs: Number.isFinite(replica.lastCaughtUpMs) ? nowMs - replica.lastCaughtUpMs : undefined,
    })),
  }
}
