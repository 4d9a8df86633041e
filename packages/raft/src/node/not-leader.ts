import { RaftError } from '../errors.ts'
import type { NodeId } from '../messages.ts'

/** What a call that only a leader serves is told. `details.leaderId` says who may lead. */
export function notLeader(nodeId: NodeId, leaderId: NodeId | undefined): RaftError {
  const whom = leaderId === undefined ? 'nobody is known to' : `node ${leaderId} does`
  return new RaftError('RAFT_NOT_LEADER', `node ${nodeId} does not lead, ${whom}`, { leaderId })
}
