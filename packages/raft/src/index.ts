/**
 * Raft in KRaft's dialect, to be taken alone.
 *
 * @packageDocumentation
 */
export { InvariantError } from '@quorate/log'
export { ControlRecordType, isControlBatch } from './core/control-records.ts'
export type {
  ControlRecord,
  LeaderChangeRecord,
  VotersRecord,
  VotersRecovery,
} from './core/control-records.ts'
export { RaftError } from './errors.ts'
export type { RaftErrorCode } from './errors.ts'
export type * from './messages.ts'
export { raftMetrics, roleNumbers } from './metrics.ts'
export type { RaftGauge, RaftMetricDescription, RaftMetrics } from './metrics.ts'
export { anonymousObserver } from './node/options.ts'
export type { RaftOptions, RaftTuning, ReadLeaseOptions } from './node/options.ts'
export { openRaft } from './node/open-raft.ts'
export type { ChangeVotersOptions, ProposeOptions, RaftNode, SubmitOptions } from './node/raft-node.ts'
export { DeliveryError } from './ports.ts'
export type {
  Clock,
  DeliveryFailure,
  Leadership,
  Logger,
  RaftLog,
  RaftRequestHandler,
  RaftTransport,
  Random,
  SnapshotId,
  SnapshotInfo,
  Snapshots,
  StateMachine,
} from './ports.ts'
export type * from './proposal.ts'
export { proposalsIn } from './proposals-in.ts'
export type { SessionId, SessionSequence } from './sessions/session-header.ts'
export type { RaftStatus, ReplicaStatus, RoleChange, RoleName, VoterChangeStatus } from './status.ts'
export { recoverAsSingleVoter } from './recovery/recover-as-single-voter.ts'
export type { Recovery, RecoveryOptions } from './recovery/recover-as-single-voter.ts'
