import type { Core } from '../core/core.ts'
import type { RaftStatus } from '../status.ts'
import type { RaftOptions } from './options.ts'

/** The status of a node, as of `now` on its clock. */
export function describeNode(core: Core, options: RaftOptions, now: number): RaftStatus {
  const { id, directoryId, clusterId, voters, log } = options
  return {
    id,
    directoryId,
    clusterId,
    role: core.role,
    epoch: core.epoch,
    leaderId: core.leaderId,
    voters,
    startOffset: log.startOffset,
    endOffset: core.durableEndOffset,
    highWatermark: core.highWatermark,
    replicas: core.progress.map((replica) => ({
      id: replica.id,
      directoryId: replica.directoryId,
      voter: voters.includes(replica.id),
      endOffset: replica.endOffset,
      lag: core.endOffset - replica.endOffset,
      lastFetchAgoMs: now - replica.lastFetchMs,
      lastCaughtUpAgoMs: Number.isFinite(replica.lastCaughtUpMs) ? now - replica.lastCaughtUpMs : undefined,
    })),
  }
}
