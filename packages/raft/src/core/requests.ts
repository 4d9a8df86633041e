import type { NodeId, RaftRequest } from '../messages.ts'
import { answerVote, voteResponse } from './election.ts'
import { onLeaderLeaving } from './follower.ts'
import { onFetch, onFetchSnapshot } from './leader.ts'
import { isBound } from './read-lease.ts'
import { onRead } from './reads.ts'
import type { Replica } from './replica.ts'
import type { RoleMachine } from './role-machine.ts'

/**
 * Another node asks. Requests of another cluster, of an epoch that has passed, and for another voter or disk are refused;
 * those of a higher epoch bring this node there first. Only a leader of the same epoch serves fetches and reads.
 */
export function onRequest(machine: RoleMachine, requestId: number, request: RaftRequest): void {
  const { replica, role } = machine
  const refuse = (error: Parameters<Replica['refusal']>[1]): void =>
    replica.reply(requestId, replica.refusal(request, error, machine.leaderId))

  if (request.clusterId !== replica.config.clusterId) return refuse('INCONSISTENT_CLUSTER_ID')
  if (request.type === 'fetch' || request.type === 'fetch-snapshot' || request.type === 'read-index') {
    if (request.epoch < replica.epoch) return refuse('FENCED_LEADER_EPOCH')
    if (request.epoch > replica.epoch) return refuse('UNKNOWN_LEADER_EPOCH')
    if (role.name !== 'leader') return refuse('NOT_LEADER')
    if (request.type === 'fetch') return onFetch(replica, role, requestId, request)
    if (request.type === 'fetch-snapshot') return onFetchSnapshot(replica, role, requestId, request)
    return onRead(replica, role, { local: false, requestId })
  }
  if (request.epoch < replica.epoch) return refuse('FENCED_LEADER_EPOCH')
  if (request.type !== 'end-quorum-epoch' && !isAddressedTo(replica, request)) {
    return refuse('INVALID_VOTER_KEY')
  }
  // Whoever promised not to vote does not enter the epoch of a candidate either: it would leave its leader for nothing.
  if (request.type === 'vote' && isBound(replica)) {
    return replica.reply(requestId, voteResponse(replica, role, false))
  }
  machine.learn(request.epoch, request.type === 'vote' ? undefined : request.leaderId)

  if (request.type === 'vote') {
    const { response, transition } = answerVote(replica, machine.role, request)
    if (transition !== undefined) machine.become(transition)
    return replica.reply(requestId, response)
  }
  const { role: roleNow, leaderId } = machine
  if (request.type === 'end-quorum-epoch' && roleNow.name === 'follower') {
    onLeaderLeaving(replica, roleNow, request)
  }
  replica.reply(requestId, {
    type: request.type,
    epoch: replica.epoch,
    ...(leaderId === undefined ? {} : { leaderId }),
  })
}

/**
 * Whether a request is for this node on the disk it has. A voter that lost its disk does not act under its old identity, nor
 * one that joined later under that of a voter who was there from the beginning.
 */
function isAddressedTo(
  { config }: Replica,
  request: { readonly voterId: NodeId; readonly voterDirectoryId?: string },
): boolean {
  if (request.voterId !== config.id) return false
  return request.voterDirectoryId === undefined
    ? !config.isJoiner
    : request.voterDirectoryId === config.directoryId
}
