import type { NodeId } from '../messages.ts'
import { fetchRequest } from './fetch-request.ts'
import type { Replica } from './replica.ts'
import type { Transition, Unattached } from './roles.ts'

/**
 * Unattached: knows an epoch but no leader in it.
 *
 * | event                                           | becomes     |
 * |-------------------------------------------------|-------------|
 * | a leader of this or a higher epoch is heard of  | follower    |
 * | a higher epoch is heard of, or a vote is given  | unattached  |
 * | voter: the wait is over                         | prospective |
 *
 * @param delayMs - how long to wait before standing; the election timeout unless given
 */
export function enterUnattached(replica: Replica, delayMs: number | undefined): Unattached {
  const { electionTimeoutMs } = replica.config
  const waitMs = delayMs ?? replica.randomBetween(electionTimeoutMs, 2 * electionTimeoutMs)
  const standMs = Math.max(replica.now + waitMs, replica.promisedUntilMs)
  return { name: 'unattached', deadlineMs: replica.mayStand ? standMs : replica.now, probe: undefined }
}

/** A voter stands; an observer asks some voter who leads, with a fetch: so not while something is on its way to the disk. */
export function tickUnattached(replica: Replica, role: Unattached): Transition | undefined {
  if (replica.now < role.deadlineMs) return undefined
  if (replica.mayStand) return { to: 'prospective' }
  if (!replica.log.settled) {
    role.deadlineMs = replica.now + replica.config.retryBackoffMs
    return undefined
  }
  const contacts = contactsOf(replica)
  const contact = contacts[Math.floor(replica.randomBetween(0, contacts.length))]
  if (contact !== undefined) role.probe = replica.send(contact, fetchRequest(replica, 0))
  role.deadlineMs = Infinity
  return undefined
}

/** The voters it knows, and those it was told of: after a long absence either may be gone. */
function contactsOf(replica: Replica): readonly NodeId[] {
  const { id, contacts } = replica.config
  const voters = replica.otherVoters().map((voter) => voter.id)
  return [...new Set([...voters, ...contacts])].filter((contact) => contact !== id)
}

/** An observer's question was answered or failed, and no leader came of it: ask another voter, after a pause. */
export function probeEnded(replica: Replica, role: Unattached, correlationId: number): void {
  if (role.probe !== correlationId) return
  role.probe = undefined
  role.deadlineMs = replica.now + replica.config.retryBackoffMs
}
