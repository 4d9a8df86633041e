import type { RaftRefusal } from '../messages.ts'
import { isBound, setFree } from './read-lease.ts'
import type { Replica } from './replica.ts'
import type { Follower } from './roles.ts'

/** The leader answered: it is alive. */
export function heardLeader(replica: Replica, role: Follower): void {
  role.deadlineMs = replica.now + replica.config.fetchTimeoutMs
  role.leaderGone = false
  replica.lostElections = 0
}

/** The leader refused a request. */
export function onRefusal(replica: Replica, role: Follower, error: RaftRefusal): void {
  role.retryMs = replica.now + replica.config.retryBackoffMs
  // The leader itself says that it leads this epoch no more: it restarted, resigned or stops.
  const gaveUp = error === 'NOT_LEADER' || error === 'SHUTTING_DOWN'
  if (gaveUp) letGo(replica, role, replica.electionBackoff())
}

/** The leader gave its epoch up: nothing that was promised to it holds any more. */
export function letGo(replica: Replica, role: Follower, standAfterMs: number): void {
  setFree(replica)
  expectNoMore(replica, role, standAfterMs)
}

/** This node stands soon, but not before it may vote. */
export function expectNoMore(replica: Replica, role: Follower, standAfterMs: number): void {
  const freeMs = isBound(replica) ? replica.promisedUntilMs : replica.now
  role.leaderGone = true
  role.deadlineMs = Math.min(role.deadlineMs, freeMs + standAfterMs)
}
