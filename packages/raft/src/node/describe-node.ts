import type { Offset } from '@quorate/log'
import type { Core } from '../core/core.ts'
import { findVoter } from '../core/voters.ts'
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
  const { id, directoryId, clusterId } = options
  const { voters, offset } = core.voterHistory
  const { voterChange } = core
  return {
    id,
    directoryId,
    clusterId,
    role: core.role,
    epoch: core.epoch,
    leaderId: core.leaderId,
    vote: core.vote,
    voters,
    areVotersCommitted: core.highWatermark > offset,
    voterChange: voterChange && {
      kind: voterChange.kind,
      voter: voterChange.voter,
      isAppended: voterChange.recordOffset !== undefined,
    },
    startOffset: core.startOffset,
    snapshot: core.latestSnapshot,
    endOffset: core.durableEndOffset,
    endEpoch: core.lastEpoch,
    highWatermark: core.highWatermark,
    appliedOffset,
    replicas: core.progress.map((replica) => ({
      id: replica.id,
      directoryId: replica.directoryId,
      voter: findVoter(voters, replica.id, replica) !== undefined,
      endOffset: replica.endOffset,
      lag: core.endOffset - replica.endOffset,
      lastFetchAgoMs: nowMs - replica.lastFetchMs,
      lastCaughtUpAgoMs: Number.isFinite(replica.lastCaughtUpMs) ? nowMs - replica.lastCaughtUpMs : undefined,
    })),
  }
}
