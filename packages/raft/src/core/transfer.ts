import { assertInvariant } from '@quorate/log'
import type { NodeId } from '../messages.ts'
import type { Replica } from './replica.ts'
import type { Leader, Transition } from './roles.ts'

/** Leadership on its way to another voter. */
export interface Transfer {
  readonly to: NodeId
  /** Taken back unless the other has caught up by then. */
  readonly deadlineMs: number
}

/**
 * Begins to hand leadership to another voter (Raft §3.10 of the dissertation).
 *
 * From now on nothing is appended. Once everything is committed and the other holds it, this leader resigns and names it
 * as the first to stand. If that takes longer than an election, the leader goes on as before.
 */
export function beginTransfer(replica: Replica, role: Leader, to: NodeId): void {
  assertInvariant(
    replica.otherVoters().some(({ id }) => id === to),
    'leadership goes to another voter',
  )
  role.transfer = { to, deadlineMs: replica.now + replica.config.electionTimeoutMs }
}

/** Finishes the transfer or takes it back, when it is time for either. */
export function tickTransfer(replica: Replica, role: Leader): Transition | undefined {
  const { transfer } = role
  if (transfer === undefined) return undefined
  const { endOffset } = replica.log
  const hasEverything = role.progress.get(transfer.to)?.endOffset === endOffset
  if (hasEverything && replica.highWatermark === endOffset) return { to: 'resigned', successor: transfer.to }
  if (replica.now >= transfer.deadlineMs) {
    role.transfer = undefined
    replica.emit({ type: 'transfer-taken-back', to: transfer.to })
  }
  return undefined
}
