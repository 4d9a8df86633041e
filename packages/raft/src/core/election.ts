import { assertInvariant } from '@quorate/log'
import type { NodeId, VoteRequest, VoteResponse } from '../messages.ts'
import { isBound } from './read-lease.ts'
import type { Replica } from './replica.ts'
import type { Candidate, Prospective, Role, Transition } from './roles.ts'
import { majority } from './voters.ts'

/**
 * Prospective: asks the other voters whether it would be elected, in the epoch it is in.
 *
 * | event                                  | becomes                                           |
 * |----------------------------------------|---------------------------------------------------|
 * | a majority would vote for it           | candidate                                         |
 * | no majority can be had, or no time left | follower of the leader it had lost, else unattached |
 * | another leader, or a higher epoch      | follower, unattached                              |
 */
export function enterProspective(replica: Replica, lostLeaderId: NodeId | undefined): Prospective {
  sendVoteRequests(replica, true)
  return { name: 'prospective', lostLeaderId, ...newBallot(replica) }
}

/**
 * Candidate: asks for votes in an epoch of its own. Its vote for itself counts once it is durable.
 *
 * | event                                  | becomes              |
 * |----------------------------------------|----------------------|
 * | a majority voted for it                | leader               |
 * | no majority can be had, or no time left; less is left after a rejection | unattached, to pause |
 * | another leader, or a higher epoch      | follower, unattached |
 */
export function enterCandidate(replica: Replica): Candidate {
  const { id, directoryId } = replica.config
  assertInvariant(!isBound(replica), 'a node that promised its vote to nobody does not give it to itself')
  replica.enterEpoch(replica.epoch + 1, { id, directoryId })
  sendVoteRequests(replica, false)
  return { name: 'candidate', ...newBallot(replica) }
}

function newBallot(replica: Replica): { granted: Set<NodeId>; rejected: Set<NodeId>; deadlineMs: number } {
  const { electionTimeoutMs } = replica.config
  const deadlineMs = replica.now + replica.randomBetween(electionTimeoutMs, 2 * electionTimeoutMs)
  return { granted: new Set(), rejected: new Set(), deadlineMs }
}

function sendVoteRequests(replica: Replica, preVote: boolean, to = replica.otherVoters()): void {
  const request = {
    type: 'vote',
    clusterId: replica.config.clusterId,
    epoch: replica.epoch,
    candidateId: replica.config.id,
    candidateDirectoryId: replica.config.directoryId,
    lastEpoch: replica.log.lastEpoch,
    endOffset: replica.log.endOffset,
    preVote,
  } as const
  for (const { id, directoryId } of to) {
    replica.send(id, {
      ...request,
      voterId: id,
      ...(directoryId === undefined ? {} : { voterDirectoryId: directoryId }),
    })
  }
}

/** What a voter made of a request for its vote; `silent`: no answer came, and none will. */
export type Ballot = 'granted' | 'rejected' | 'silent'

/** Counts one voter's answer, or its silence. Answers to an earlier ballot do not count. */
export function countVote(
  replica: Replica,
  role: Prospective | Candidate,
  voter: NodeId,
  request: VoteRequest,
  ballot: Ballot,
): void {
  const isThisBallot = request.epoch === replica.epoch && request.preVote === (role.name === 'prospective')
  if (!isThisBallot) return
  if (ballot === 'granted') {
    role.granted.add(voter)
    role.rejected.delete(voter)
  } else if (!role.granted.has(voter)) {
    role.rejected.add(voter)
  }
  // The vote is split, or another log is longer. A voter that answers neither way must not keep both from trying again.
  if (ballot === 'rejected' && role.name === 'candidate') {
    const patienceMs = replica.config.electionJitterMs + replica.electionBackoff()
    role.deadlineMs = Math.min(role.deadlineMs, replica.now + patienceMs)
  }
}

/** What became of the election so far; called after everything that can decide it. */
export function tickElection(replica: Replica, role: Prospective | Candidate): Transition | undefined {
  const { voters } = replica
  const ownVoteCounts = role.name === 'prospective' || replica.isHardStateDurable
  if (ownVoteCounts && replica.isVoter) role.granted.add(replica.config.id)
  const needed = majority(voters)
  if (role.granted.size >= needed) {
    return role.name === 'prospective' ? { to: 'candidate' } : { to: 'leader', grantedBy: [...role.granted] }
  }
  const lost = role.rejected.size > voters.length - needed || replica.now >= role.deadlineMs
  if (!lost) return undefined
  replica.lostElections += 1
  if (role.name === 'prospective' && role.lostLeaderId !== undefined) {
    return { to: 'follower', epoch: replica.epoch, leaderId: role.lostLeaderId, inDoubt: true }
  }
  return { to: 'unattached', epoch: replica.epoch, delayMs: replica.electionBackoff() }
}

/**
 * Decides on a vote that another node asks for (Raft §5.2, §5.4.1; KIP-996 for pre-votes). Whether the candidate is a voter
 * is not asked: the newest set of voters may not have come here yet, and its log says whether it may lead.
 *
 * A pre-vote is refused by a leader, and by a follower that has no reason to doubt its leader: a node that was cut off
 * and comes back must not unseat a leader that the others are content with.
 */
export function answerVote(
  replica: Replica,
  role: Role,
  request: VoteRequest,
): { response: VoteResponse; transition?: Transition } {
  const mayGrant = request.preVote
    ? !isContent(replica, role) && !standsFirst(replica, role, request)
    : mayVoteFor(replica, role, request)
  const granted =
    mayGrant && isAsked(replica, request) && replica.log.isUpToDate(request.lastEpoch, request.endOffset)
  const response = voteResponse(replica, role, granted)
  if (request.preVote && granted) giveHeadStart(replica, role)
  if (request.preVote && !granted) askAgain(replica, role, request.candidateId)
  if (!granted || request.preVote || replica.vote !== undefined) return { response }
  const vote = { id: request.candidateId, directoryId: request.candidateDirectoryId }
  return { response, transition: { to: 'unattached', epoch: request.epoch, vote } }
}

/** The answer to a vote request, with what this node knows of the epoch. */
export function voteResponse({ epoch, config }: Replica, role: Role, granted: boolean): VoteResponse {
  const leaderId = role.name === 'follower' ? role.leaderId : role.name === 'leader' ? config.id : undefined
  return { type: 'vote', epoch, granted, ...(leaderId === undefined ? {} : { leaderId }) }
}

/**
 * Whether this node votes at all. The candidate's log may know a set of voters that this one has not heard of, so that a
 * candidate that names this very disk is believed; one that only knows ids is answered by those who are voters themselves.
 */
function isAsked(replica: Replica, request: VoteRequest): boolean {
  return replica.isVoter || request.voterDirectoryId === replica.config.directoryId
}

/**
 * Whether this node leads, or hears its leader. Followers lose a silent leader within moments of each other; the first that
 * stands must not be turned away by those that are about to.
 */
function isContent(replica: Replica, role: Role): boolean {
  if (role.name !== 'follower') return role.name === 'leader'
  const isAboutToStand = replica.now >= role.deadlineMs - replica.config.fetchTimeoutMs / 4
  return !role.leaderGone && !isAboutToStand
}

/**
 * Whether this node stands itself and goes first: of two with equal logs that ask each other at the same time, only the one
 * with the lower id may win, or both would stand and split the vote.
 */
function standsFirst(replica: Replica, role: Role, request: VoteRequest): boolean {
  const { lastEpoch, endOffset } = replica.log
  const equalLogs = request.lastEpoch === lastEpoch && request.endOffset === endOffset
  return role.name === 'prospective' && equalLogs && replica.config.id < request.candidateId
}

/** Whoever was just told that it would win is not to be met by a rival, which this node was about to become. */
function giveHeadStart(replica: Replica, role: Role): void {
  if (role.name !== 'follower' && role.name !== 'unattached') return
  const headStartMs = replica.config.electionJitterMs + replica.electionBackoff()
  role.deadlineMs = Math.max(role.deadlineMs, replica.now + headStartMs)
}

/** A voter that refused this node was content with its leader then. Now that it asks itself, it no longer is. */
function askAgain(replica: Replica, role: Role, voter: NodeId): void {
  if (role.name !== 'prospective' || !role.rejected.delete(voter)) return
  sendVoteRequests(
    replica,
    true,
    replica.otherVoters().filter(({ id }) => id === voter),
  )
}

function mayVoteFor(replica: Replica, role: Role, request: VoteRequest): boolean {
  if (role.name === 'leader' || role.name === 'follower') return false
  const { vote } = replica
  if (vote === undefined) return role.name !== 'resigned'
  return vote.id === request.candidateId && vote.directoryId === request.candidateDirectoryId
}
