import { assertInvariant } from '@quorate/log'
import type { EndQuorumEpochRequest, FetchResponse, NodeId } from '../messages.ts'
import type { DeliveryFailure } from '../ports.ts'
import { fetchRequest } from './fetch-request.ts'
import { expectNoMore, heardLeader, letGo, onRefusal } from './leader-contact.ts'
import { promise } from './read-lease.ts'
import type { Replica } from './replica.ts'
import type { Follower, Transition } from './roles.ts'
import { abandonPull, askForChunk, beginPull } from './snapshot-pull.ts'

/**
 * Follower: pulls batches from the leader of its epoch; each fetch acknowledges what the last one brought. Where the
 * leader's log begins too late for that, it pulls a snapshot first.
 *
 * | event                                              | becomes                |
 * |----------------------------------------------------|------------------------|
 * | nothing from the leader within the fetch timeout   | prospective (voter), unattached (observer) |
 * | the leader's process is gone, or it gave up        | the same, after a short random pause |
 * | the leader gave up, and named this node its successor | candidate           |
 * | a higher epoch is heard of                         | follower, unattached   |
 *
 * @param inDoubt - it fell silent before; until it answers, a pre-vote against it is granted. Otherwise voters that lose
 *   their leader at different times would refuse each other for ever (KIP-996, `hasFetchedFromLeader`)
 */
export function enterFollower(replica: Replica, leaderId: NodeId, inDoubt = false): Follower {
  return {
    name: 'follower',
    leaderId,
    deadlineMs: replica.now + replica.config.fetchTimeoutMs,
    leaderGone: inDoubt,
    isSuccessor: false,
    fetch: undefined,
    retryMs: -Infinity,
    pulling: false,
    leaderHighWatermark: 0,
    readRound: 0,
  }
}

/** Sends the next fetch when there is none under way and everything of the last one is durable. */
export function tickFollower(replica: Replica, role: Follower): Transition | undefined {
  if (replica.now >= role.deadlineMs) {
    if (!replica.mayStand) return { to: 'unattached', epoch: replica.epoch }
    return role.isSuccessor ? { to: 'candidate' } : { to: 'prospective', lostLeaderId: role.leaderId }
  }
  replica.commit(role.leaderHighWatermark)
  if (role.fetch === undefined && replica.log.settled && replica.now >= role.retryMs) {
    if (role.pulling) {
      askForChunk(replica, role)
      return undefined
    }
    const { fetchMaxWaitMs, requestTimeoutMs } = replica.config
    const request = fetchRequest(replica, fetchMaxWaitMs, role.readRound)
    role.fetch = replica.send(role.leaderId, request, fetchMaxWaitMs + requestTimeoutMs)
  }
  return undefined
}

/** When {@link tickFollower} has something to do. */
export function followerDeadline(replica: Replica, role: Follower): number {
  // A fetch that waits for a write is sent when that is reported, not at a time.
  const waitsForRetry = role.fetch === undefined && replica.now < role.retryMs
  return waitsForRetry ? Math.min(role.deadlineMs, role.retryMs) : role.deadlineMs
}

/** Takes in what the leader sent. Its epoch and leader were compared with ours before. */
export function onFetchResponse(
  replica: Replica,
  role: Follower,
  correlationId: number,
  response: FetchResponse,
): void {
  if (role.fetch !== correlationId) return
  role.fetch = undefined
  if (response.error !== undefined) return onRefusal(replica, role, response.error)
  heardLeader(replica, role)
  promise(replica)
  if (response.snapshotId !== undefined) return beginPull(replica, role, response.snapshotId)
  abandonPull(replica)
  role.readRound = response.readRound ?? 0
  if (response.divergingEpoch !== undefined) {
    const { epoch, endOffset } = response.divergingEpoch
    const own = replica.log.endOffsetForEpoch(epoch)
    // Offsets compare within an epoch. In an earlier one of its own, that of the leader may lie inside a batch.
    const common = own.epoch === epoch ? Math.min(endOffset, own.endOffset) : own.endOffset
    assertInvariant(
      common < replica.log.endOffset,
      'a diverging log is cut, or the leader would refuse it for ever',
    )
    replica.truncate(common)
    return
  }
  const last = response.batches.at(-1)
  if (last !== undefined) {
    assertInvariant(last.epoch <= replica.epoch, 'a leader sends no batches of a later epoch than its own')
    replica.append(response.batches)
  }
  role.leaderHighWatermark = Math.max(role.leaderHighWatermark, response.highWatermark)
}

/**
 * A fetch got no answer. A broken connection is tried again at once: what the next attempt meets tells more. If that breaks
 * too, within the backoff, there is a pause: a peer that hangs up on everybody must not keep this node busy.
 */
export function onFetchFailure(
  replica: Replica,
  role: Follower,
  correlationId: number,
  reason: DeliveryFailure,
): void {
  if (role.fetch !== correlationId) return
  role.fetch = undefined
  const { retryBackoffMs } = replica.config
  const hadLasted = replica.now >= role.retryMs + retryBackoffMs
  role.retryMs = reason === 'disconnected' && hadLasted ? replica.now : replica.now + retryBackoffMs
  if (reason === 'refused') expectNoMore(replica, role, replica.electionBackoff())
}

/**
 * The leader says goodbye. The first successor it names stands at once, the others leave it a head start.
 *
 * The successor asks for no pre-votes: they protect a leader that others still hear, and this one said itself that it is
 * gone. Those that its goodbye has not reached yet would only refuse them.
 */
export function onLeaderLeaving(replica: Replica, role: Follower, request: EndQuorumEpochRequest): void {
  role.isSuccessor = request.preferredSuccessors[0] === replica.config.id
  const headStartMs = role.isSuccessor ? 0 : replica.config.electionJitterMs + replica.electionBackoff()
  letGo(replica, role, headStartMs)
}
