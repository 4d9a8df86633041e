/**
 * What the ports of a Raft node must do, as suites any test runner can run. `RaftLog` has its own, in
 * `@quorate/log/conformance`; `Clock` and `Random` have theirs in `@quorate/transport/conformance`.
 *
 * @packageDocumentation
 */
export { stateMachineConformance } from './state-machine.ts'
export type { StateMachineConformanceOptions, StateMachineUnderTest } from './state-machine.ts'
export { raftTransportConformance } from './transport.ts'
export type { RaftTransportConformanceOptions, RaftTransportUnderTest } from './transport.ts'
