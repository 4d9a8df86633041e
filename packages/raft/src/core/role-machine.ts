import { assertInvariant, type Epoch } from '@quorate/log'
import type { NodeId } from '../messages.ts'
import type { RoleName } from '../status.ts'
import { enterCandidate, enterProspective, tickElection } from './election.ts'
import { enterFollower, followerDeadline, tickFollower } from './follower.ts'
import { enterLeader, leaderDeadline, leaveLeader, preferredSuccessors, tickLeader } from './leader.ts'
import { promise } from './read-lease.ts'
import type { Replica } from './replica.ts'
import type { Role, Transition } from './roles.ts'
import { enterUnattached, tickUnattached } from './unattached.ts'
import type { VoterHistoryStart } from './voter-history.ts'

/** Which roles may follow which. Anything else is a bug in this file. */
const successors: Readonly<Record<RoleName, readonly RoleName[]>> = {
  unattached: ['unattached', 'prospective', 'follower'],
  prospective: ['unattached', 'candidate', 'follower'],
  candidate: ['unattached', 'leader', 'follower'],
  leader: ['unattached', 'resigned', 'follower'],
  follower: ['unattached', 'prospective', 'candidate', 'follower'],
  resigned: ['unattached', 'follower'],
}

/** The role of a node, and the only place where it changes. */
export class RoleMachine {
  readonly replica: Replica
  #role: Role = { name: 'unattached', deadlineMs: Infinity, probe: undefined }

  constructor(replica: Replica) {
    this.replica = replica
  }

  get role(): Role {
    return this.#role
  }

  get leaderId(): NodeId | undefined {
    if (this.#role.name === 'leader') return this.replica.config.id
    return this.#role.name === 'follower' ? this.#role.leaderId : undefined
  }

  /** When {@link settle} has something to do, if nothing happens before; `Infinity` for never. */
  get deadlineMs(): number {
    const role = this.#role
    if (role.name === 'leader') return leaderDeadline(role)
    if (role.name === 'follower') return followerDeadline(this.replica, role)
    return role.deadlineMs
  }

  /** Every node starts without a leader, also one that led: it never leads the same epoch twice. */
  begin(voters: VoterHistoryStart): void {
    const { replica } = this
    replica.beginWith(voters)
    // What this node promised before it stopped is not known any more; a node that was in no epoch promised nothing.
    if (replica.epoch > 0) promise(replica)
    const isAlone = replica.isVoter && replica.voters.length === 1
    // Pre-votes disturb nobody, so that a node that starts need not wait as long as one that lost its leader.
    const waitMs = isAlone ? 0 : replica.randomBetween(0, replica.config.electionTimeoutMs / 4)
    this.#role = enterUnattached(replica, waitMs)
  }

  /** Lets the role draw its conclusions, until it has none left. */
  settle(): void {
    for (;;) {
      const transition = this.#tickRole()
      if (transition === undefined) return
      this.become(transition)
    }
  }

  #tickRole(): Transition | undefined {
    const role = this.#role
    switch (role.name) {
      case 'unattached':
        return tickUnattached(this.replica, role)
      case 'prospective':
      case 'candidate':
        return tickElection(this.replica, role)
      case 'leader':
        return tickLeader(this.replica, role)
      case 'follower':
        return tickFollower(this.replica, role)
      case 'resigned':
        return this.replica.now < role.deadlineMs
          ? undefined
          : { to: 'unattached', epoch: this.replica.epoch }
    }
  }

  /** Adopts a higher epoch, or the leader of this one, whoever tells of it (Raft §5.1). */
  learn(epoch: Epoch, leaderId: NodeId | undefined): void {
    const { replica } = this
    if (epoch < replica.epoch) return
    const isNews = epoch > replica.epoch
    if (leaderId === undefined || leaderId === replica.config.id) {
      if (isNews) this.become({ to: 'unattached', epoch })
      return
    }
    const role = this.#role
    assertInvariant(isNews || role.name !== 'leader', 'an epoch has one leader')
    if (role.name === 'follower' && !isNews) {
      assertInvariant(role.leaderId === leaderId, 'an epoch has one leader')
      return
    }
    // A voter that has not noticed yet names the leader this one just lost. A majority that does will be believed.
    if (role.name === 'prospective' && !isNews && role.lostLeaderId === leaderId) return
    this.become({ to: 'follower', epoch, leaderId })
  }

  /** Carries out what a role wants to become. */
  become(transition: Transition): void {
    const { replica } = this
    const before = { role: this.#role, leaderId: this.leaderId, epoch: replica.epoch }
    assertInvariant(
      successors[before.role.name].includes(transition.to),
      `${before.role.name} never becomes ${transition.to}`,
    )
    const stands = transition.to === 'prospective' || transition.to === 'candidate'
    assertInvariant(!stands || replica.mayStand, 'an observer never stands')
    this.#role = this.#enter(transition)
    if (before.role.name === 'leader') leaveLeader(replica, before.role, this.leaderId)
    const changed = before.leaderId !== this.leaderId || before.epoch !== replica.epoch
    if (changed) this.#announceLeadership()
  }

  #enter(transition: Transition): Role {
    const { replica } = this
    switch (transition.to) {
      case 'unattached':
        if (transition.epoch > replica.epoch || transition.vote !== undefined) {
          replica.enterEpoch(transition.epoch, transition.vote)
        }
        return enterUnattached(replica, transition.delayMs)
      case 'prospective':
        return enterProspective(replica, transition.lostLeaderId)
      case 'candidate':
        return enterCandidate(replica)
      case 'leader':
        return enterLeader(replica, transition.grantedBy)
      case 'follower':
        if (transition.epoch > replica.epoch) replica.enterEpoch(transition.epoch, undefined)
        return enterFollower(replica, transition.leaderId, transition.inDoubt)
      case 'resigned':
        return this.#enterResigned(transition.successor)
    }
  }

  /** Says goodbye to the voters, and leaves a new leader the time to show up. */
  #enterResigned(successor: NodeId | undefined): Role {
    const { replica } = this
    assertInvariant(this.#role.name === 'leader', 'only a leader resigns')
    const { clusterId, id, electionTimeoutMs } = replica.config
    const successors = preferredSuccessors(replica, this.#role, successor)
    for (const voter of replica.otherVoters()) {
      replica.send(voter.id, {
        type: 'end-quorum-epoch',
        clusterId,
        epoch: replica.epoch,
        leaderId: id,
        preferredSuccessors: successors,
      })
    }
    return {
      name: 'resigned',
      deadlineMs: replica.now + replica.randomBetween(electionTimeoutMs, 2 * electionTimeoutMs),
    }
  }

  #announceLeadership(): void {
    const { epoch } = this.replica
    const role = this.#role
    const start = role.name === 'leader' ? { epochStart: role.epochStart } : {}
    this.replica.emit({ type: 'leadership', epoch, leaderId: this.leaderId, ...start })
  }
}
