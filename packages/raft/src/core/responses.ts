import type { RaftResponse } from '../messages.ts'
import type { DeliveryFailure } from '../ports.ts'
import { countVote } from './election.ts'
import type { SentRequest } from './events.ts'
import { onFetchFailure, onFetchResponse } from './follower.ts'
import { onAnnounceFailure } from './leader.ts'
import type { RoleMachine } from './role-machine.ts'
import { onChunkResponse } from './snapshot-pull.ts'
import { probeEnded } from './unattached.ts'

/** A request of this node was answered. What the answer says of the epoch counts, also if nobody waits for the rest any more. */
export function onResponse(machine: RoleMachine, correlationId: number, response: RaftResponse): void {
  const { replica } = machine
  const sent = replica.takeSent(correlationId)
  if (sent === undefined) return
  // A node of another cluster has nothing to say about this one: it is as if nobody had answered.
  if (response.error === 'INCONSISTENT_CLUSTER_ID') {
    return onSilence(machine, sent, correlationId, 'unreachable')
  }
  machine.learn(response.epoch, response.leaderId)
  const { role } = machine
  switch (role.name) {
    case 'prospective':
    case 'candidate':
      if (sent.request.type === 'vote' && response.type === 'vote') {
        countVote(replica, role, sent.to, sent.request, response.granted ? 'granted' : 'rejected')
      }
      return
    case 'follower':
      if (response.type === 'fetch') onFetchResponse(replica, role, correlationId, response)
      if (response.type === 'fetch-snapshot') onChunkResponse(replica, role, correlationId, response)
      return
    case 'unattached':
      return probeEnded(replica, role, correlationId)
    case 'leader':
    case 'resigned':
      return
  }
}

/** A request of this node was not answered, and will not be. */
export function onFailure(machine: RoleMachine, correlationId: number, reason: DeliveryFailure): void {
  const sent = machine.replica.takeSent(correlationId)
  if (sent !== undefined) onSilence(machine, sent, correlationId, reason)
}

function onSilence(
  machine: RoleMachine,
  sent: SentRequest,
  correlationId: number,
  reason: DeliveryFailure,
): void {
  const { replica, role } = machine
  switch (role.name) {
    case 'prospective':
    case 'candidate':
      if (sent.request.type === 'vote') countVote(replica, role, sent.to, sent.request, 'silent')
      return
    case 'follower':
      return onFetchFailure(replica, role, correlationId, reason)
    case 'unattached':
      return probeEnded(replica, role, correlationId)
    case 'leader':
      if (sent.request.type === 'begin-quorum-epoch') onAnnounceFailure(replica, role, sent.to)
      return
    case 'resigned':
      return
  }
}
