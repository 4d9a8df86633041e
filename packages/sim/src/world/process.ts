import type { RaftNode, Voter } from '@quorate/raft'
import type { Append } from '../checks/appends.ts'
import type { NodeClock } from './node-clock.ts'
import type { RegisterMachine } from './register-machine.ts'

/** A process that runs on a node: everything that dies with it. */
export interface Process {
  readonly raft: RaftNode
  readonly clock: NodeClock
  readonly machine: RegisterMachine
  /** Whether the node takes part: it has loaded what its disk has. */
  readonly gate: { readonly isOpen: boolean }
  /** Proposals whose outcome it has not told yet. */
  readonly open: Set<Append>
  /** The voters there will be if what it was asked for comes to pass. */
  readonly planned: Set<readonly Voter[]>
}
