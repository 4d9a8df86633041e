import {
  assertInvariant,
  type Batch,
  type Epoch,
  type HardState,
  type LogWrite,
  type Offset,
  type SnapshotId,
  type Vote,
} from '@quorate/log'
import type { Random } from '@quorate/transport'
import type {
  FetchResponse,
  FetchSnapshotResponse,
  NodeId,
  RaftRefusal,
  RaftRequest,
  RaftResponse,
  Voter,
} from '../messages.ts'
import type { CoreConfig } from './config.ts'
import { votersIn } from './control-records.ts'
import type { Effect, SnapshotPart } from './effects.ts'
import type { SentRequest, WriteId } from './events.ts'
import { type LogStart, LogView } from './log-view.ts'
import type { SnapshotPull } from './snapshot-pull.ts'
import { VoterHistory, type VoterHistoryStart } from './voter-history.ts'
import { isDiskOf } from './voters.ts'

/** What a core starts from: its configuration, what its disk remembers, and randomness. */
export interface ReplicaStart {
  readonly config: CoreConfig
  readonly hardState: HardState | undefined
  readonly log: LogStart
  /** The newest snapshot; the state machine has everything before its end, so that is committed. */
  readonly snapshot?: SnapshotId | undefined
  readonly random: Random
}

/**
 * What a node has whatever its role: epoch, vote, log, high watermark, and the effects of the step under way.
 *
 * Roles read it and change it through its methods, which hold the rules that every role shares.
 */
export class Replica {
  readonly config: CoreConfig
  readonly log: LogView
  /** Elections this node lost, or could not win, since it last heard a leader: its pauses grow with them. */
  lostElections = 0
  /** The newest snapshot on this node's disk. */
  latestSnapshot: SnapshotId | undefined
  /** The snapshot that is being pulled. It outlives the leader it comes from: the next one may have the same. */
  pull: SnapshotPull | undefined
  /** This node keeps its vote to itself until then: a leader counts on it. See `read-lease.ts`. */
  promisedUntilMs = -Infinity
  /** Time of the step under way, in milliseconds on the driver's monotonic clock. */
  now = 0
  /** Wall-clock milliseconds of the step under way, for the timestamps of batches. */
  wallTime = 0
  #epoch: Epoch
  #vote: Vote | undefined
  #highWatermark: Offset
  #voterHistory: VoterHistory
  #effects: Effect[] = []
  #hardStateWrite: WriteId = 0
  #nextCorrelationId = 1
  readonly #sent = new Map<number, SentRequest>()
  readonly #random: Random

  constructor(start: ReplicaStart) {
    this.config = start.config
    this.#voterHistory = new VoterHistory({
      base: [],
      isRecorded: false,
      records: [],
    })
    this.log = new LogView(start.log)
    // A log may know a higher epoch than the hard state: entries and votes are not always written together.
    this.#epoch = Math.max(start.hardState?.epoch ?? 0, this.log.lastEpoch)
    this.#vote = start.hardState?.epoch === this.#epoch ? start.hardState.vote : undefined
    this.latestSnapshot = start.snapshot
    this.#highWatermark = start.snapshot?.endOffset ?? start.log.startOffset
    this.#random = start.random
  }

  get epoch(): Epoch {
    return this.#epoch
  }

  get vote(): Vote | undefined {
    return this.#vote
  }

  get highWatermark(): Offset {
    return this.#highWatermark
  }

  /** Whether the epoch this node is in, and its vote in it, are on disk. What leaves it before waits for that. */
  get isHardStateDurable(): boolean {
    return this.log.lastWritten >= this.#hardStateWrite
  }

  /** Uniform in [from, to). */
  randomBetween(from: number, to: number): number {
    return from + this.#random() * (to - from)
  }

  /** A random pause that doubles with every election lost, so that candidates stop meeting each other. */
  electionBackoff(): number {
    const { electionJitterMs, electionBackoffMaxMs } = this.config
    const window = Math.min(electionBackoffMaxMs, electionJitterMs * 2 ** this.lostElections)
    return this.randomBetween(0, window)
  }

  /** The voters in effect: those of the newest record in the log, committed or not. */
  get voters(): readonly Voter[] {
    return this.#voterHistory.voters
  }

  /** Every set of voters that the log knows. */
  get voterHistory(): VoterHistory {
    return this.#voterHistory
  }

  /** Whether this node, with the disk it has, is one of the voters in effect. */
  get isVoter(): boolean {
    return this.isSelf(this.voters.find(({ id }) => id === this.config.id))
  }

  /**
   * Whether this node may stand for election: a voter may, and so may one that a record removes which, for all it knows, is
   * not committed yet. Nobody else may have that record, and then nobody else can be elected (dissertation §4.2.2).
   */
  get mayStand(): boolean {
    if (this.isVoter) return true
    const { previous = [], offset } = this.#voterHistory
    return offset >= this.#highWatermark && this.isSelf(previous.find(({ id }) => id === this.config.id))
  }

  /** Whether `voter` is this node. */
  isSelf(voter: Voter | undefined): boolean {
    return voter?.id === this.config.id && isDiskOf(voter, this.config)
  }

  /** The other nodes among the voters. One that has this node's id on another disk is not there to be talked to. */
  otherVoters(): readonly Voter[] {
    return this.voters.filter(({ id }) => id !== this.config.id)
  }

  /** What the log names, and the snapshot before it. */
  beginWith(history: VoterHistoryStart): void {
    this.#voterHistory = new VoterHistory(history)
    this.#tellVoters()
  }

  #tellVoters(): void {
    this.emit({ type: 'voters', voters: this.voters })
  }

  /** The effects since the last call, in order. */
  takeEffects(): Effect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  emit(effect: Effect): void {
    this.#effects.push(effect)
  }

  /** Enters `epoch`, with `vote` given in it, and has both written. Epochs never fall, and a vote is never changed. */
  enterEpoch(epoch: Epoch, vote: Vote | undefined): void {
    assertInvariant(epoch >= this.#epoch, 'a node never returns to an earlier epoch')
    assertInvariant(epoch > this.#epoch || this.#vote === undefined, 'a node votes once in an epoch')
    this.#epoch = epoch
    this.#vote = vote
    this.#hardStateWrite = this.#write({ hardState: vote === undefined ? { epoch } : { epoch, vote } })
  }

  /** Appends to the log, as leader or as follower. */
  append(batches: readonly Batch[]): WriteId {
    const id = this.#write({ batches })
    for (const batch of batches) {
      const voters = votersIn(batch)
      if (voters === undefined) continue
      this.#voterHistory.append({ offset: batch.baseOffset, voters })
      this.#tellVoters()
    }
    return id
  }

  /** Cuts the log. What is committed stays (Raft §5.3: leader completeness makes anything else a bug). */
  truncate(endOffset: Offset): WriteId {
    assertInvariant(endOffset >= this.#highWatermark, 'what is committed is never cut off')
    const id = this.#write({ truncateTo: endOffset })
    if (this.#voterHistory.truncate(endOffset)) this.#tellVoters()
    return id
  }

  /**
   * Puts a snapshot, which is complete on this node's disk, in the place of the log and the state machine's state.
   *
   * If the node dies before the log is emptied, it does the same when it opens.
   *
   * @param voters - those at the end of the snapshot; absent if no record ever named them
   */
  install(snapshot: SnapshotId, voters: readonly Voter[] | undefined): void {
    assertInvariant(snapshot.endOffset > this.#highWatermark, 'what is committed here is never replaced')
    const historyEnd = this.log.startOffset
    const id = this.log.restart(snapshot)
    this.#highWatermark = snapshot.endOffset
    this.latestSnapshot = snapshot
    this.emit({ type: 'install-snapshot', id, snapshot, historyEnd })
    const base = voters ?? this.config.bootstrapVoters
    this.beginWith({ base, isRecorded: voters !== undefined, records: [] })
  }

  #write(write: LogWrite): WriteId {
    const id = this.log.push(write)
    this.emit({ type: 'write', id, write })
    return id
  }

  /** Raises the high watermark, if `highWatermark` is higher. Never beyond what is durable here. */
  commit(highWatermark: Offset): void {
    const reached = Math.min(highWatermark, this.log.durableEndOffset)
    if (reached <= this.#highWatermark) return
    this.#highWatermark = reached
    this.emit({ type: 'commit', highWatermark: reached })
  }

  /** Sends a request once the hard state it speaks of is durable. @returns its correlation id */
  send(to: NodeId, request: RaftRequest, timeoutMs = this.config.requestTimeoutMs): number {
    const correlationId = this.#nextCorrelationId
    this.#nextCorrelationId += 1
    this.#sent.set(correlationId, { to, request })
    this.emit({ type: 'request', correlationId, to, request, timeoutMs, after: this.#hardStateWrite })
    return correlationId
  }

  /** The request that an answer or a failure belongs to; each can be taken once. */
  takeSent(correlationId: number): SentRequest | undefined {
    const sent = this.#sent.get(correlationId)
    this.#sent.delete(correlationId)
    return sent
  }

  /** Answers a fetch with what is in the log from `from` on. */
  replyBatches(requestId: number, response: FetchResponse, from: Offset): void {
    this.emit({ type: 'reply-batches', requestId, response, from, after: this.#hardStateWrite })
  }

  /** Answers with a part of a snapshot. */
  replyChunk(requestId: number, response: FetchSnapshotResponse, part: SnapshotPart): void {
    this.emit({ type: 'reply-chunk', requestId, response, part, after: this.#hardStateWrite })
  }

  /** Answers a request once the hard state the answer speaks of is durable. */
  reply(requestId: number, response: RaftResponse): void {
    this.emit({ type: 'reply', requestId, response, after: this.#hardStateWrite })
  }

  /** The answer to `request` that only says why it is not served, and what this node knows of the epoch. */
  refusal(request: RaftRequest, error: RaftRefusal, leaderId: NodeId | undefined): RaftResponse {
    const leaderEndpoints = this.voters.find(({ id }) => id === leaderId)?.endpoints
    const envelope = {
      error,
      epoch: this.#epoch,
      ...(leaderId === undefined ? {} : { leaderId }),
      ...(leaderEndpoints === undefined ? {} : { leaderEndpoints }),
    }
    switch (request.type) {
      case 'vote':
        return { type: 'vote', granted: false, ...envelope }
      case 'fetch':
        return { type: 'fetch', highWatermark: this.#highWatermark, batches: [], ...envelope }
      case 'fetch-snapshot':
        return { type: 'fetch-snapshot', ...envelope }
      case 'read-index':
        return { type: 'read-index', offset: 0, ...envelope }
      case 'begin-quorum-epoch':
        return { type: 'begin-quorum-epoch', ...envelope }
      case 'end-quorum-epoch':
        return { type: 'end-quorum-epoch', ...envelope }
    }
  }
}
