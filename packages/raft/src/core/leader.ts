import { assertInvariant, type Offset } from '@quorate/log'
import type { FetchRequest, FetchResponse, FetchSnapshotRequest, NodeId, Voter } from '../messages.ts'
import { controlBatch, type ControlRecord, ControlRecordType } from './control-records.ts'
import type { NewPayload } from './events.ts'
import { majorityOffset } from './high-watermark.ts'
import { isDiskStalled, newDiskWatch } from './disk-stall.ts'
import { leaseEnd, markRound } from './read-lease.ts'
import { answerReads, failReads } from './reads.ts'
import type { Replica } from './replica.ts'
import { tickTransfer } from './transfer.ts'
import {
  type Leader,
  type ParkedFetch,
  progressOfVoter,
  type ReplicaProgress,
  type Transition,
} from './roles.ts'
import {
  failVoterChange,
  foundingVoters,
  isRemoved,
  tickVoterChange,
  voterChangeDeadline,
} from './voter-change.ts'
import { findVoter, majority } from './voters.ts'

/** Observers that have not fetched for this long are forgotten. */
const observerExpiryMs = 300_000

/** Observers a leader keeps account of; further ones are served all the same. */
const maxTrackedObservers = 10_000

/**
 * Leader: appends, answers fetches, and commits what a majority of voters holds durably.
 *
 * | event                                                   | becomes    |
 * |---------------------------------------------------------|------------|
 * | no majority fetched within 1.5 times the fetch timeout (check-quorum) | resigned |
 * | its disk stalls, and the others can go on without it    | resigned   |
 * | asked to give up                                        | resigned   |
 * | it is no voter any more, and that is committed          | resigned   |
 * | a higher epoch is heard of                              | follower, unattached |
 */
export function enterLeader(replica: Replica, grantedBy: readonly NodeId[]): Leader {
  const epochStart = replica.log.endOffset
  const records: ControlRecord[] = [
    {
      type: ControlRecordType.leaderChange,
      version: 0,
      leaderId: replica.config.id,
      voters: replica.voters.map(({ id }) => id),
      grantedBy,
    },
  ]
  if (!replica.voterHistory.isRecorded) {
    records.push({ type: ControlRecordType.voters, version: 0, voters: foundingVoters(replica) })
  }
  replica.append(
    records.map((record, index) => controlBatch(record, epochStart + index, replica.epoch, replica.wallTime)),
  )
  replica.lostElections = 0
  return {
    name: 'leader',
    epochStart,
    progress: new Map(),
    parked: [],
    reads: [],
    round: 0,
    roundSent: true,
    marks: [],
    disk: newDiskWatch(),
    transfer: undefined,
    change: undefined,
    announceMs: replica.now,
    checkQuorumMs: replica.now + checkQuorumTimeoutMs(replica),
  }
}

function checkQuorumTimeoutMs(replica: Replica): number {
  return replica.config.fetchTimeoutMs * 1.5
}

/** Answers reads and fetches whose time has come, and makes sure that there still is a quorum. */
export function tickLeader(replica: Replica, role: Leader): Transition | undefined {
  tickVoterChange(replica, role)
  answerReads(replica, role)
  answerParked(replica, role)
  if (replica.now >= role.checkQuorumMs && !extendQuorum(replica, role)) return { to: 'resigned' }
  if (isDiskStalled(replica, role)) {
    replica.emit({ type: 'disk-stalled' })
    return { to: 'resigned' }
  }
  if (replica.now >= role.announceMs) announce(replica, role)
  if (isRemoved(replica)) return { to: 'resigned' }
  return tickTransfer(replica, role)
}

/** When {@link tickLeader} has something to do. */
export function leaderDeadline(role: Leader): number {
  const { announceMs, checkQuorumMs, disk, transfer } = role
  let deadline = Math.min(
    announceMs,
    checkQuorumMs,
    disk.dueMs,
    transfer?.deadlineMs ?? Infinity,
    voterChangeDeadline(role),
  )
  for (const fetch of role.parked) deadline = Math.min(deadline, fetch.deadlineMs)
  return deadline
}

/** Appends one payload as a batch of its own. */
export function propose(replica: Replica, { payload, count, attributes, timestampMs }: NewPayload): void {
  const baseOffset = replica.log.endOffset
  replica.append([{ baseOffset, count, epoch: replica.epoch, timestampMs, attributes, payload }])
}

/** Serves a fetch of this epoch: a snapshot to pull first, a divergence or batches at once, otherwise when there is news or its time is up. */
export function onFetch(replica: Replica, role: Leader, requestId: number, request: FetchRequest): void {
  if (replica.log.isBeyond(request.fetchOffset, request.lastFetchedEpoch)) {
    const { latestSnapshot: snapshotId } = replica
    assertInvariant(snapshotId !== undefined, 'a log begins at 0 or at the end of a snapshot')
    recordContact(replica, role, request)
    replica.reply(requestId, { ...fetchResponse(replica, role), snapshotId })
    return
  }
  const divergingEpoch = replica.log.divergence(request.fetchOffset, request.lastFetchedEpoch)
  if (divergingEpoch !== undefined) {
    recordContact(replica, role, request)
    replica.reply(requestId, { ...fetchResponse(replica, role), divergingEpoch })
    return
  }
  recordProgress(replica, role, request)
  advanceHighWatermark(replica, role)
  parkInstead(replica, role, request.replicaId)
  role.parked.push({
    requestId,
    replicaId: request.replicaId,
    fetchOffset: request.fetchOffset,
    highWatermark: request.highWatermark,
    readRound: request.readRound,
    deadlineMs: replica.now + request.maxWaitMs,
  })
  answerParked(replica, role)
}

/** Serves a part of a snapshot: any that this node has, also one that it would not name any more. */
export function onFetchSnapshot(
  replica: Replica,
  role: Leader,
  requestId: number,
  request: FetchSnapshotRequest,
): void {
  recordContact(replica, role, request)
  const response = { type: 'fetch-snapshot', epoch: replica.epoch, leaderId: replica.config.id } as const
  replica.replyChunk(requestId, response, request)
}

/** A replica waits for one fetch at a time. An older one that is still parked was given up by its sender. */
function parkInstead(replica: Replica, role: Leader, replicaId: NodeId): void {
  if (replicaId < 0) return
  const stale = role.parked.filter((fetch) => fetch.replicaId === replicaId)
  if (stale.length === 0) return
  role.parked = role.parked.filter((fetch) => fetch.replicaId !== replicaId)
  for (const fetch of stale) replica.reply(fetch.requestId, fetchResponse(replica, role))
}

function recordProgress(replica: Replica, role: Leader, request: FetchRequest): void {
  const { log, now } = replica
  const known = role.progress.get(request.replicaId)
  const before = known?.directoryId === request.replicaDirectoryId ? known.lastFetchMs : -Infinity
  const progress = recordContact(replica, role, request)
  if (progress === undefined) return
  if (request.fetchOffset >= log.endOffset) progress.lastCaughtUpMs = now
  else if (request.fetchOffset >= progress.leaderEndOffset) progress.lastCaughtUpMs = before
  progress.endOffset = request.fetchOffset
  progress.readRound = Math.max(progress.readRound, request.readRound)
  progress.leaseEndMs = Math.max(progress.leaseEndMs, leaseEnd(replica, role, request))
  progress.leaderEndOffset = log.endOffset
}

/** A replica showed that it is there. @returns what is known of it; nothing of an observer too many */
function recordContact(
  { now, voters }: Replica,
  role: Leader,
  { replicaId, replicaDirectoryId, isJoiner }: FetchRequest | FetchSnapshotRequest,
): ReplicaProgress | undefined {
  const known = role.progress.get(replicaId)
  if (known?.directoryId === replicaDirectoryId) {
    known.lastFetchMs = now
    return known
  }
  const disk = { directoryId: replicaDirectoryId, isJoiner: isJoiner === true }
  const isVoter = findVoter(voters, replicaId, disk) !== undefined
  if (!isVoter && (replicaId < 0 || role.progress.size >= maxTrackedObservers)) return undefined
  const progress: ReplicaProgress = {
    id: replicaId,
    ...disk,
    endOffset: 0,
    readRound: 0,
    lastFetchMs: now,
    // Nothing was told it yet, so it has caught up with nothing.
    leaseEndMs: -Infinity,
    leaderEndOffset: Infinity,
    lastCaughtUpMs: -Infinity,
  }
  role.progress.set(replicaId, progress)
  return progress
}

/** Commits what a majority holds by now; called when this node's disk or a follower got further, and at no other time. */
export function advanceHighWatermark(replica: Replica, role: Leader): void {
  const acknowledged = replica.voters.map((voter): Offset =>
    replica.isSelf(voter) ? replica.log.durableEndOffset : (progressOfVoter(role, voter)?.endOffset ?? 0),
  )
  const held = majorityOffset(acknowledged, role.epochStart)
  // A majority without this node may be ahead of its disk. It commits, and so applies, only what it holds itself.
  if (held !== undefined) replica.commit(held)
}

/** Answers every parked fetch that there are batches or a read for, or whose time is up. */
function answerParked(replica: Replica, role: Leader): void {
  answerWhere(
    replica,
    role,
    (fetch) => replica.now >= fetch.deadlineMs || isAskedToConfirm(replica, role, fetch),
  )
}

/** Whether a follower waits that has not been told of the newest commit. */
export function hasUntoldCommits(replica: Replica, role: Leader): boolean {
  return role.parked.some((fetch) => fetch.highWatermark < replica.highWatermark)
}

/**
 * Tells those that wait of the newest commit. Not done at once: what a commit sets off is often the next proposal, and
 * a follower that was just answered would have to come back before it could be given that one.
 */
export function tellCommits(replica: Replica, role: Leader): void {
  answerWhere(replica, role, (fetch) => fetch.highWatermark < replica.highWatermark)
}

function answerWhere(replica: Replica, role: Leader, isDue: (fetch: ParkedFetch) => boolean): void {
  if (role.parked.length === 0) return
  const waiting = []
  for (const fetch of role.parked) {
    if (fetch.fetchOffset < replica.log.endOffset) {
      replica.replyBatches(fetch.requestId, fetchResponse(replica, role), fetch.fetchOffset)
    } else if (isDue(fetch)) {
      replica.reply(fetch.requestId, fetchResponse(replica, role))
    } else {
      waiting.push(fetch)
    }
  }
  role.parked = waiting
}

/** Whether reads wait for a round that this voter has not heard of. */
function isAskedToConfirm(replica: Replica, role: Leader, fetch: ParkedFetch): boolean {
  const newest = role.reads.at(-1)
  if (newest === undefined || fetch.readRound >= newest.round) return false
  return replica.voters.some(({ id }) => id === fetch.replicaId)
}

function fetchResponse(replica: Replica, role: Leader): FetchResponse {
  const { epoch, highWatermark, config } = replica
  markRound(replica, role)
  role.roundSent = true
  return { type: 'fetch', epoch, leaderId: config.id, highWatermark, readRound: role.round, batches: [] }
}

/** Tells the voters that do not fetch who leads this epoch (KIP-595). */
function announce(replica: Replica, role: Leader): void {
  const { clusterId, id, fetchTimeoutMs } = replica.config
  const leaderEndpoints = replica.voters.find((voter) => replica.isSelf(voter))?.endpoints
  for (const voter of replica.otherVoters()) {
    const lastFetchMs = progressOfVoter(role, voter)?.lastFetchMs ?? -Infinity
    if (replica.now - lastFetchMs < fetchTimeoutMs / 2) continue
    replica.send(voter.id, {
      type: 'begin-quorum-epoch',
      clusterId,
      epoch: replica.epoch,
      leaderId: id,
      ...(leaderEndpoints === undefined ? {} : { leaderEndpoints }),
      voterId: voter.id,
      ...(voter.directoryId === undefined ? {} : { voterDirectoryId: voter.directoryId }),
    })
  }
  role.announceMs = replica.now + fetchTimeoutMs / 2
}

/** An announcement failed: the voter may be just starting, so it is told again soon. */
export function onAnnounceFailure(replica: Replica, role: Leader, voter: NodeId): void {
  if (role.progress.has(voter)) return
  role.announceMs = Math.min(role.announceMs, replica.now + replica.config.retryBackoffMs * 10)
}

/** Whether a majority fetched within the timeout; if so, looks again when the first of them would have been silent as long. */
function extendQuorum(replica: Replica, role: Leader): boolean {
  const { voters } = replica
  const fetched = voters
    .map((voter) =>
      replica.isSelf(voter) ? replica.now : (progressOfVoter(role, voter)?.lastFetchMs ?? -Infinity),
    )
    .toSorted((a, b) => b - a)
  const majorityFetchedMs = fetched[majority(voters) - 1]
  assertInvariant(majorityFetchedMs !== undefined, 'a quorum has voters')
  role.checkQuorumMs = majorityFetchedMs + checkQuorumTimeoutMs(replica)
  forgetObservers(replica, role)
  return role.checkQuorumMs > replica.now
}

function forgetObservers(replica: Replica, role: Leader): void {
  for (const progress of role.progress.values()) {
    const { id, lastFetchMs } = progress
    const isVoter = findVoter(replica.voters, id, progress) !== undefined
    if (!isVoter && replica.now - lastFetchMs > observerExpiryMs) role.progress.delete(id)
  }
}

/**
 * The order in which the other voters should stand when this leader goes: the one that was chosen, then the one with the
 * most of the log.
 */
export function preferredSuccessors(replica: Replica, role: Leader, chosen: NodeId | undefined): NodeId[] {
  const endOffset = (voter: Voter): Offset =>
    voter.id === chosen ? Infinity : (progressOfVoter(role, voter)?.endOffset ?? 0)
  return replica
    .otherVoters()
    .toSorted((a, b) => endOffset(b) - endOffset(a))
    .map(({ id }) => id)
}

/** Fetches and reads that wait when leadership ends are told so at once. */
export function leaveLeader(replica: Replica, role: Leader, leaderId: NodeId | undefined): void {
  failReads(replica, role, leaderId)
  failVoterChange(replica, role)
  const known = leaderId === undefined ? {} : { leaderId }
  for (const fetch of role.parked) {
    const { epoch, highWatermark } = replica
    replica.reply(fetch.requestId, {
      type: 'fetch',
      error: 'NOT_LEADER',
      epoch,
      ...known,
      highWatermark,
      batches: [],
    })
  }
}

/** For `status`: what the leader knows of every replica it has heard from. */
export function progressOf(role: Leader): readonly ReplicaProgress[] {
  return [...role.progress.values()]
}
