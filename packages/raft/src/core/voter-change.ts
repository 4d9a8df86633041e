import { assertInvariant, type Offset } from '@quorate/log'
import type { NamedVoter, Voter } from '../messages.ts'
import { controlBatch, ControlRecordType } from './control-records.ts'
import type { Replica } from './replica.ts'
import { type Leader, progressOfVoter } from './roles.ts'
import { maxVoters } from './voter-schema.ts'
import { inDirectory, withoutVoter, withVoter } from './voters.ts'

/** What became of a change of the voters. Only `unknown` leaves open whether it happened. */
export type VoterChangeOutcome =
  | 'committed'
  /** Another change is under way. */
  | 'in-progress'
  /** A voter of this id is there already, on another disk. */
  | 'duplicate'
  | 'not-found'
  /** It is the only voter. */
  | 'last-voter'
  /** There are as many voters as there can be. */
  | 'too-many'
  /** The new voter did not catch up in time. */
  | 'behind'
  /** In its time the leader committed nothing of its own epoch, or not the set of voters before. */
  | 'timeout'
  /** Leadership was lost before anything was appended. */
  | 'not-leader'
  /** Leadership was lost after the record was appended: it may survive or not. */
  | 'unknown'

/** What is asked for. */
export interface VoterChangeRequest {
  readonly changeId: number
  readonly kind: 'add' | 'remove'
  readonly voter: NamedVoter
  /** Nothing is changed unless it can be appended in this time. */
  readonly timeoutMs: number
}

/** A change of the voters under way, of which there is one at most. */
export interface VoterChange {
  readonly changeId: number
  readonly kind: 'add' | 'remove'
  readonly voter: NamedVoter
  readonly deadlineMs: number
  /** Where the record is, once it is appended. */
  recordOffset: Offset | undefined
}

/** Begins a change, or refuses it at once if it can be seen already that it makes no sense. */
export function beginVoterChange(replica: Replica, role: Leader, request: VoterChangeRequest): void {
  const { changeId, kind, voter, timeoutMs } = request
  const planned = plan(replica.voters, kind, voter)
  if (role.change !== undefined) return end(replica, changeId, 'in-progress')
  if (typeof planned === 'string') return end(replica, changeId, planned)
  role.change = { changeId, kind, voter, deadlineMs: replica.now + timeoutMs, recordOffset: undefined }
}

/** The caller does not want it any more. What is appended stays. */
export function cancelVoterChange(role: Leader, changeId: number): void {
  if (role.change?.changeId === changeId && role.change.recordOffset === undefined) role.change = undefined
}

/**
 * Carries on with what concerns the voters: the change under way, and the directories that are not known yet.
 *
 * One set of voters follows the other only when that one is committed, and none is appended before the leader has committed
 * something of its own epoch: until then an earlier leader's change may still come back, and two sets that each differ by
 * one voter from the same set need not have a majority in common (Ongaro, raft-dev 2015).
 */
export function tickVoterChange(replica: Replica, role: Leader): void {
  const { change } = role
  if (change === undefined) {
    if (mayAppendVoters(replica, role)) nameDirectories(replica, role)
    return
  }
  const { changeId, recordOffset } = change
  if (recordOffset !== undefined) {
    if (replica.highWatermark <= recordOffset) return
    role.change = undefined
    return end(replica, changeId, 'committed')
  }
  if (mayAppendVoters(replica, role) && isReady(replica, role, change)) {
    const planned = plan(replica.voters, change.kind, change.voter)
    if (typeof planned !== 'string') {
      change.recordOffset = appendVoters(replica, planned)
      return
    }
    role.change = undefined
    return end(replica, changeId, planned)
  }
  if (replica.now < change.deadlineMs) return
  role.change = undefined
  end(replica, changeId, mayAppendVoters(replica, role) ? 'behind' : 'timeout')
}

/** When {@link tickVoterChange} must be called at the latest. */
export function voterChangeDeadline(role: Leader): number {
  const { change } = role
  return change === undefined || change.recordOffset !== undefined ? Infinity : change.deadlineMs
}

/** Leadership ended: whoever waits for a change is told what is known of it. */
export function failVoterChange(replica: Replica, role: Leader): void {
  const { change } = role
  if (change === undefined) return
  role.change = undefined
  end(replica, change.changeId, change.recordOffset === undefined ? 'not-leader' : 'unknown')
}

/** Whether this leader was removed, and that is committed: it leads no longer. */
export function isRemoved(replica: Replica): boolean {
  return !replica.isVoter && replica.highWatermark > replica.voterHistory.offset
}

/** The set of voters that the first leader writes down, so that nobody needs to be told any more. */
export function foundingVoters(replica: Replica): readonly Voter[] {
  const { directoryId } = replica.config
  return replica.voters.map((voter) => (replica.isSelf(voter) ? inDirectory(voter, directoryId) : voter))
}

function plan(
  voters: readonly Voter[],
  kind: 'add' | 'remove',
  voter: NamedVoter,
): readonly Voter[] | VoterChangeOutcome {
  const known = voters.find(({ id }) => id === voter.id)
  const isOther = known?.directoryId !== undefined && known.directoryId !== voter.directoryId
  if (kind === 'remove') {
    if (known === undefined || isOther) return 'not-found'
    return voters.length === 1 ? 'last-voter' : withoutVoter(voters, voter.id)
  }
  if (known !== undefined) {
    // Its directory is filled in when its node fetches, and by nobody who only believes to know it.
    if (isOther || known.directoryId === undefined) return 'duplicate'
    return withVoter(withoutVoter(voters, voter.id), { ...known, ...voter })
  }
  return voters.length === maxVoters ? 'too-many' : withVoter(voters, voter)
}

function mayAppendVoters(replica: Replica, role: Leader): boolean {
  const { highWatermark, voterHistory } = replica
  const ownEpochCommitted = highWatermark > role.epochStart
  const isCommitted = highWatermark > voterHistory.offset
  return ownEpochCommitted && isCommitted && role.transfer === undefined
}

/** A new voter counts at once, so it must be one that keeps up, or it stands in the way of every commit. */
function isReady(replica: Replica, role: Leader, { kind, voter }: VoterChange): boolean {
  if (kind === 'remove' || replica.voters.some(({ id }) => id === voter.id)) return true
  const progress = role.progress.get(voter.id)
  if (progress?.directoryId !== voter.directoryId) return false
  return replica.now - progress.lastCaughtUpMs <= replica.config.electionTimeoutMs
}

/** A quorum that began with ids alone learns the directories as the nodes are heard of. */
function nameDirectories(replica: Replica, role: Leader): void {
  const { voters } = replica
  if (voters.every(({ directoryId }) => directoryId !== undefined)) return
  let isNews = false
  const named = voters.map((voter) => {
    const directoryId = voter.directoryId ?? progressOfVoter(role, voter)?.directoryId
    if (directoryId === voter.directoryId || directoryId === undefined) return voter
    isNews = true
    return inDirectory(voter, directoryId)
  })
  if (isNews) appendVoters(replica, named)
}

function appendVoters(replica: Replica, voters: readonly Voter[]): Offset {
  assertInvariant(voters.length > 0, 'a quorum has voters')
  const offset = replica.log.endOffset
  const record = { type: ControlRecordType.voters, version: 0, voters } as const
  replica.append([controlBatch(record, offset, replica.epoch, replica.wallTime)])
  return offset
}

function end(replica: Replica, changeId: number, outcome: VoterChangeOutcome): void {
  replica.emit({ type: 'voter-change', changeId, outcome })
}
