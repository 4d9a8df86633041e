/**
 * Raft in KRaft's dialect, to be taken alone.
 *
 * @packageDocumentation
 */
export type * from './messages.ts'
export { DeliveryError } from './ports.ts'
export type {
  Clock,
  DeliveryFailure,
  Leadership,
  Proposal,
  RaftLog,
  RaftRequestHandler,
  RaftTransport,
  Random,
  StateMachine,
} from './ports.ts'
export type { RaftStatus, ReplicaStatus, RoleName } from './status.ts'
