import { assertInvariant, type Epoch, type Offset, type SnapshotId, type Vote } from '@quorate/log'
import type { NodeId, RaftRequest, RaftResponse } from '../messages.ts'
import type { DeliveryFailure } from '../ports.ts'
import type { RoleName } from '../status.ts'
import type { Effect } from './effects.ts'
import {
  answerVote,
  countVote,
  enterCandidate,
  enterProspective,
  tickElection,
  voteResponse,
} from './election.ts'
import type { Event, SentRequest } from './events.ts'
import {
  enterFollower,
  followerDeadline,
  onFetchFailure,
  onFetchResponse,
  onLeaderLeaving,
  tickFollower,
} from './follower.ts'
import {
  advanceHighWatermark,
  enterLeader,
  hasUntoldCommits,
  leaderDeadline,
  leaveLeader,
  onAnnounceFailure,
  onFetch,
  onFetchSnapshot,
  preferredSuccessors,
  progressOf,
  propose,
  tellCommits,
  tickLeader,
} from './leader.ts'
import { isBound, promise } from './read-lease.ts'
import { onRead } from './reads.ts'
import { Replica, type ReplicaStart } from './replica.ts'
import type { ReplicaProgress, Role, Transition } from './roles.ts'
import { onChunkResponse, onComplete, onRefused, onStored } from './snapshot-pull.ts'
import { beginTransfer } from './transfer.ts'
import { enterUnattached, probeEnded, tickUnattached } from './unattached.ts'
import { beginVoterChange, cancelVoterChange, type VoterChange } from './voter-change.ts'
import type { VoterHistory, VoterHistoryStart } from './voter-history.ts'

/** Which roles may follow which. Anything else is a bug in this file. */
const successors: Readonly<Record<RoleName, readonly RoleName[]>> = {
  unattached: ['unattached', 'prospective', 'follower'],
  prospective: ['unattached', 'candidate', 'follower'],
  candidate: ['unattached', 'leader', 'follower'],
  leader: ['unattached', 'resigned', 'follower'],
  follower: ['unattached', 'prospective', 'candidate', 'follower'],
  resigned: ['unattached', 'follower'],
}

/** The time of a step: monotonic for deadlines, wall-clock for the timestamps of batches. In milliseconds. */
export interface StepTime {
  readonly now: number
  readonly wallTime: number
}

/**
 * The consensus core: a deterministic state machine, `step(event) -> effects`.
 *
 * It does nothing itself. No promises, no clock, no disk, no network; the same events at the same times with the same
 * randomness give the same effects. Whoever drives it performs the effects in order and reports what came of them.
 */
export class Core {
  readonly #replica: Replica
  #role: Role
  /** When `tick` is due; `Infinity` for never. */
  #deadlineMs = Infinity
  #hasBegun = false

  /** A node does nothing before its first event, `begin`. */
  constructor(start: ReplicaStart, time: StepTime) {
    this.#replica = new Replica(start)
    this.#setTime(time)
    this.#role = { name: 'unattached', deadlineMs: Infinity, probe: undefined }
  }

  get role(): RoleName {
    return this.#role.name
  }

  get epoch(): Epoch {
    return this.#replica.epoch
  }

  get leaderId(): NodeId | undefined {
    if (this.#role.name === 'leader') return this.#replica.config.id
    return this.#role.name === 'follower' ? this.#role.leaderId : undefined
  }

  /** The voter that leadership is on its way to; nothing may be proposed meanwhile. */
  get transferringTo(): NodeId | undefined {
    return this.#role.name === 'leader' ? this.#role.transfer?.to : undefined
  }

  /** Whether a follower waits to be told of a commit: the driver sends `settled` once it has performed the effects. */
  get hasUntoldCommits(): boolean {
    return this.#role.name === 'leader' && hasUntoldCommits(this.#replica, this.#role)
  }

  /** The vote this node gave in its epoch. */
  get vote(): Vote | undefined {
    return this.#replica.vote
  }

  /** The newest snapshot on this node's disk. */
  get latestSnapshot(): SnapshotId | undefined {
    return this.#replica.latestSnapshot
  }

  /** Where the log begins: at 0, or at the end of a snapshot. */
  get startOffset(): Offset {
    return this.#replica.log.startOffset
  }

  get highWatermark(): Offset {
    return this.#replica.highWatermark
  }

  /** Where the log ends, with what is not durable yet: the offset of the next proposal. */
  get endOffset(): Offset {
    return this.#replica.log.endOffset
  }

  /** Epoch of the last batch, 0 while the log is empty. */
  get lastEpoch(): Epoch {
    return this.#replica.log.lastEpoch
  }

  get durableEndOffset(): Offset {
    return this.#replica.log.durableEndOffset
  }

  /** The voters in effect, and what the log says of those before. */
  get voterHistory(): VoterHistory {
    return this.#replica.voterHistory
  }

  /** The change of the voters that this leader was asked for and has not finished. */
  get voterChange(): VoterChange | undefined {
    return this.#role.name === 'leader' ? this.#role.change : undefined
  }

  /** Epoch of the batch that holds `offset`; 0 if the log does not hold it, or does not know any more. */
  epochAt(offset: Offset): Epoch {
    return this.#replica.log.epochAt(offset)
  }

  /** When the driver must send a `tick` at the latest. */
  get deadlineMs(): number {
    return this.#deadlineMs
  }

  /** What the leader knows of the replicas that fetch from it; empty on any other node. */
  get progress(): readonly ReplicaProgress[] {
    return this.#role.name === 'leader' ? progressOf(this.#role) : []
  }

  /** Takes in one event and says what to do about it. */
  step(event: Event, time: StepTime): Effect[] {
    this.#setTime(time)
    assertInvariant(this.#hasBegun !== (event.type === 'begin'), 'a node begins once, before anything else')
    this.#handle(event)
    // What a node does first it does at its first tick, so that it is there when that happens.
    if (event.type !== 'begin') this.#settle()
    this.#deadlineMs = this.#nextDeadline()
    return this.#replica.takeEffects()
  }

  #setTime({ now, wallTime }: StepTime): void {
    this.#replica.now = now
    this.#replica.wallTime = wallTime
  }

  #handle(event: Event): void {
    const role = this.#role
    switch (event.type) {
      case 'begin':
        return this.#begin(event.voters)
      case 'tick':
        return
      case 'written':
        this.#replica.log.written(event.id)
        if (role.name === 'leader') advanceHighWatermark(this.#replica, role)
        return
      case 'settled':
        if (role.name === 'leader') tellCommits(this.#replica, role)
        return
      case 'snapshot-stored':
        return onStored(this.#replica, event.snapshotId, event.position)
      case 'snapshot-complete':
        return onComplete(
          this.#replica,
          role.name === 'follower' ? role : undefined,
          event.snapshotId,
          event.voters,
        )
      case 'snapshot-refused':
        return onRefused(this.#replica, role.name === 'follower' ? role : undefined, event.snapshotId)
      case 'snapshot-made':
        this.#replica.latestSnapshot = event.snapshotId
        return this.#replica.log.moveStart(event.oldest)
      case 'propose':
        assertInvariant(role.name === 'leader', 'only a leader appends')
        return propose(this.#replica, event.payload)
      case 'read':
        assertInvariant(role.name === 'leader', 'only a leader answers reads')
        return onRead(this.#replica, role, { local: true, readId: event.readId })
      case 'transfer':
        assertInvariant(role.name === 'leader', 'only a leader hands leadership over')
        return beginTransfer(this.#replica, role, event.to)
      case 'change-voters':
        assertInvariant(role.name === 'leader', 'only a leader changes the voters')
        return beginVoterChange(this.#replica, role, event)
      case 'cancel-voter-change':
        if (role.name === 'leader') cancelVoterChange(role, event.changeId)
        return
      case 'resign':
        if (role.name === 'leader') this.#become({ to: 'resigned' })
        return
      case 'request':
        return this.#onRequest(event.requestId, event.request)
      case 'response':
        return this.#onResponse(event.correlationId, event.response)
      case 'failure':
        return this.#onFailure(event.correlationId, event.reason)
    }
  }

  /** Every node starts without a leader, also one that led: it never leads the same epoch twice. */
  #begin(voters: VoterHistoryStart): void {
    const replica = this.#replica
    this.#hasBegun = true
    replica.beginWith(voters)
    // What this node promised before it stopped is not known any more; a node that was in no epoch promised nothing.
    if (replica.epoch > 0) promise(replica)
    const isAlone = replica.isVoter && replica.voters.length === 1
    // Pre-votes disturb nobody, so that a node that starts need not wait as long as one that lost its leader.
    const waitMs = isAlone ? 0 : replica.randomBetween(0, replica.config.electionTimeoutMs / 4)
    this.#role = enterUnattached(replica, waitMs)
  }

  /** Lets the role draw its conclusions, until it has none left. */
  #settle(): void {
    for (;;) {
      const transition = this.#tickRole()
      if (transition === undefined) return
      this.#become(transition)
    }
  }

  #tickRole(): Transition | undefined {
    const role = this.#role
    switch (role.name) {
      case 'unattached':
        return tickUnattached(this.#replica, role)
      case 'prospective':
      case 'candidate':
        return tickElection(this.#replica, role)
      case 'leader':
        return tickLeader(this.#replica, role)
      case 'follower':
        return tickFollower(this.#replica, role)
      case 'resigned':
        return this.#replica.now < role.deadlineMs
          ? undefined
          : { to: 'unattached', epoch: this.#replica.epoch }
    }
  }

  #nextDeadline(): number {
    const role = this.#role
    if (role.name === 'leader') return leaderDeadline(role)
    if (role.name === 'follower') return followerDeadline(this.#replica, role)
    return role.deadlineMs
  }

  #onRequest(requestId: number, request: RaftRequest): void {
    const replica = this.#replica
    const refuse = (error: Parameters<Replica['refusal']>[1]): void =>
      replica.reply(requestId, replica.refusal(request, error, this.leaderId))

    if (request.clusterId !== replica.config.clusterId) return refuse('INCONSISTENT_CLUSTER_ID')
    if (request.type === 'fetch' || request.type === 'fetch-snapshot' || request.type === 'read-index') {
      if (request.epoch < replica.epoch) return refuse('FENCED_LEADER_EPOCH')
      if (request.epoch > replica.epoch) return refuse('UNKNOWN_LEADER_EPOCH')
      if (this.#role.name !== 'leader') return refuse('NOT_LEADER')
      if (request.type === 'fetch') return onFetch(replica, this.#role, requestId, request)
      if (request.type === 'fetch-snapshot') return onFetchSnapshot(replica, this.#role, requestId, request)
      return onRead(replica, this.#role, { local: false, requestId })
    }
    if (request.epoch < replica.epoch) return refuse('FENCED_LEADER_EPOCH')
    if (request.type !== 'end-quorum-epoch' && !isAddressedTo(replica, request)) {
      return refuse('INVALID_VOTER_KEY')
    }
    // Whoever promised not to vote does not enter the epoch of a candidate either: it would leave its leader for nothing.
    if (request.type === 'vote' && isBound(replica)) {
      return replica.reply(requestId, voteResponse(replica, this.#role, false))
    }
    this.#learn(request.epoch, request.type === 'vote' ? undefined : request.leaderId)

    if (request.type === 'vote') {
      const { response, transition } = answerVote(replica, this.#role, request)
      if (transition !== undefined) this.#become(transition)
      return replica.reply(requestId, response)
    }
    if (request.type === 'end-quorum-epoch' && this.#role.name === 'follower') {
      onLeaderLeaving(replica, this.#role, request)
    }
    const leaderId = this.leaderId
    replica.reply(requestId, {
      type: request.type,
      epoch: replica.epoch,
      ...(leaderId === undefined ? {} : { leaderId }),
    })
  }

  #onResponse(correlationId: number, response: RaftResponse): void {
    const sent = this.#replica.takeSent(correlationId)
    if (sent === undefined) return
    // A node of another cluster has nothing to say about this one: it is as if nobody had answered.
    if (response.error === 'INCONSISTENT_CLUSTER_ID') {
      return this.#onSilence(sent, correlationId, 'unreachable')
    }
    this.#learn(response.epoch, response.leaderId)
    const role = this.#role
    switch (role.name) {
      case 'prospective':
      case 'candidate':
        if (sent.request.type === 'vote' && response.type === 'vote') {
          countVote(this.#replica, role, sent.to, sent.request, response.granted ? 'granted' : 'rejected')
        }
        return
      case 'follower':
        if (response.type === 'fetch') onFetchResponse(this.#replica, role, correlationId, response)
        if (response.type === 'fetch-snapshot') onChunkResponse(this.#replica, role, correlationId, response)
        return
      case 'unattached':
        return probeEnded(this.#replica, role, correlationId)
      case 'leader':
      case 'resigned':
        return
    }
  }

  #onFailure(correlationId: number, reason: DeliveryFailure): void {
    const sent = this.#replica.takeSent(correlationId)
    if (sent !== undefined) this.#onSilence(sent, correlationId, reason)
  }

  #onSilence(sent: SentRequest, correlationId: number, reason: DeliveryFailure): void {
    const replica = this.#replica
    const role = this.#role
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

  /** Adopts a higher epoch, or the leader of this one, whoever tells of it (Raft §5.1). */
  #learn(epoch: Epoch, leaderId: NodeId | undefined): void {
    const replica = this.#replica
    if (epoch < replica.epoch) return
    const isNews = epoch > replica.epoch
    if (leaderId === undefined || leaderId === replica.config.id) {
      if (isNews) this.#become({ to: 'unattached', epoch })
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
    this.#become({ to: 'follower', epoch, leaderId })
  }

  #become(transition: Transition): void {
    const replica = this.#replica
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
    const replica = this.#replica
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
    const replica = this.#replica
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
    const { epoch } = this.#replica
    const role = this.#role
    const start = role.name === 'leader' ? { epochStart: role.epochStart } : {}
    this.#replica.emit({ type: 'leadership', epoch, leaderId: this.leaderId, ...start })
  }
}

/** Whether a request is for this node on the disk it has. A voter that lost its disk does not act under its old identity. */
function isAddressedTo(
  { config }: Replica,
  request: { readonly voterId: NodeId; readonly voterDirectoryId?: string },
): boolean {
  if (request.voterId !== config.id) return false
  return request.voterDirectoryId === undefined || request.voterDirectoryId === config.directoryId
}
