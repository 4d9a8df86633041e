import type { Batch, Epoch, Offset } from '@quorate/log'
import type { NodeId, RaftRequest, RaftResponse, RaftStatus, Voter } from '@quorate/raft'
import { type CheckedNode, isSame, type LostDisk, namesOf } from './checked-node.ts'
import { LogShadow } from './log-shadow.ts'
import { ReplayCheck } from './replay.ts'
import { check } from './violation.ts'
import { VoteCheck } from './votes.ts'
import { areSame, changesBetween, isMember, votersNamedBy } from './voters.ts'

/** What is remembered of a node. The first part outlives its process. */
interface Memory {
  /** Highest epoch that left the node in a message, or that it was seen in while it lived. */
  epochFloor: Epoch
  life: number
  highWatermark: Offset
}

interface Reign {
  readonly leaderId: NodeId
  readonly life: number
}

/** Commits that leaders of `epoch` were seen to make, up to `endOffset`. */
interface Commit {
  readonly epoch: Epoch
  readonly endOffset: Offset
}

/**
 * The rules of Raft, checked from outside on everything that passes through the ports of every node.
 *
 * Each check costs the size of the change, never the size of a log: logs are compared by chain hash. Every method
 * throws a `Violation` where a rule is broken.
 */
export class SafetyChecker {
  /** Everything committed so far. */
  readonly committed: LogShadow
  readonly #nodes = new Map<NodeId, CheckedNode>()
  readonly #lost: LostDisk[] = []
  readonly #memories = new Map<NodeId, Memory>()
  readonly #reigns = new Map<Epoch, Reign>()
  readonly #votes = new VoteCheck()
  readonly #replay: ReplayCheck
  /** Chain hash of the log before and including the batch that ends at an offset in an epoch. */
  readonly #chains = new Map<number, number>()
  /** Offset of the first batch of each epoch, as its leader appended it. */
  readonly #epochStarts = new Map<Epoch, Offset>()
  readonly #commits: Commit[] = []

  /** @param founders - the voters that the quorum begins with */
  constructor(nodes: readonly CheckedNode[], founders: readonly Voter[]) {
    for (const node of nodes) this.#nodes.set(node.id, node)
    this.committed = new LogShadow(founders)
    this.#replay = new ReplayCheck(this.committed)
  }

  /** Leaders that were elected so far, one an epoch. */
  get elections(): number {
    return this.#reigns.size
  }

  /** A process starts on `node`'s disk. */
  onStart(node: CheckedNode): void {
    const epochFloor = this.#memories.get(node.id)?.epochFloor ?? 0
    this.#memories.set(node.id, { epochFloor, life: node.life, highWatermark: 0 })
    this.#replay.onStart(node)
  }

  /** `node` has an empty disk now, under another directory id: what the old one promised does not bind it. */
  onReplaced(node: CheckedNode, lost: LostDisk): void {
    this.#lost.push(lost)
    this.#memories.delete(node.id)
  }

  /** `batch` is now the last in the log of `node`, durable or not. */
  onAppended(node: CheckedNode, batch: Batch): void {
    const { appended } = node.disk
    const key = keyOf(appended.endOffset, batch.epoch)
    const chain = this.#chains.get(key)
    if (chain === undefined) {
      this.#chains.set(key, appended.chain)
      this.#onNewVoters(node, batch)
    }
    if (!this.#epochStarts.has(batch.epoch)) this.#epochStarts.set(batch.epoch, batch.baseOffset)
    check(
      chain === undefined || chain === appended.chain,
      'log matching',
      () => `node ${node.id} holds another log before offset ${appended.endOffset} of epoch ${batch.epoch}`,
    )
  }

  /**
   * `node` is about to cut its log, as the leader of its epoch told it to.
   *
   * That leader has everything that was committed up to its epoch. What a later leader committed since, with a majority that
   * has left this epoch, it may lack, and so may those that have heard of no later one.
   */
  onCut(node: CheckedNode, truncateTo: Offset): void {
    const { appended, hardState } = node.disk
    const committedEnd = this.#committedBefore((hardState?.epoch ?? 0) + 1)
    const firstCut = appended.endAfter(truncateTo)
    if (firstCut === undefined || firstCut > committedEnd) return
    // What a snapshot on the same disk stands for is not lost with the log.
    const snapshotEnd = node.disk.snapshots.latest?.endOffset ?? 0
    const kept = Math.max(truncateTo, Math.min(snapshotEnd, appended.endOffset))
    const firstLost = appended.endAfter(kept)
    check(
      firstLost === undefined ||
        firstLost > committedEnd ||
        appended.chainAt(firstLost) !== this.committed.chainAt(firstLost),
      'nothing committed is cut',
      () => `node ${node.id} cuts to ${truncateTo}, and ${committedEnd} is committed`,
    )
  }

  /** `node` is about to empty its log in favour of a snapshot that ends at `endOffset`; no status while it starts. */
  onInstall(node: CheckedNode, endOffset: Offset, status: RaftStatus | undefined): void {
    check(
      endOffset <= this.committed.endOffset,
      'a snapshot is of what is committed',
      () => `node ${node.id} installs up to ${endOffset}, and ${this.committed.endOffset} is committed`,
    )
    // There may be a newer one too: it was whole only when nobody waited for it any more, and is loaded after a crash.
    check(
      endOffset <= (node.disk.snapshots.latest?.endOffset ?? 0),
      'a log begins before the end of a snapshot',
      () => `node ${node.id} empties its log up to ${endOffset} without a snapshot that ends there or later`,
    )
    if (status === undefined) return
    check(
      status.role !== 'leader',
      'a leader never installs a snapshot',
      () => `node ${node.id} leads epoch ${status.epoch}, and installs a snapshot`,
    )
    const { highWatermark } = this.#memory(node)
    check(
      endOffset > highWatermark,
      'a snapshot replaces nothing that is committed',
      () => `node ${node.id} knows of commits up to ${highWatermark}, and installs up to ${endOffset}`,
    )
  }

  /** The log of `node` begins at `startOffset`, durably, and its newest snapshot ends at `snapshotEnd`. */
  onLogStart(node: CheckedNode, startOffset: Offset, snapshotEnd: Offset | undefined): void {
    check(
      startOffset <= (snapshotEnd ?? 0),
      'a log begins before the end of a snapshot',
      () => `the log of node ${node.id} begins at ${startOffset}, its newest snapshot ends at ${snapshotEnd}`,
    )
  }

  /** The state machine of `node` took over a snapshot that ends at `endOffset`. */
  onLoad(node: CheckedNode, endOffset: Offset): void {
    this.#replay.onLoad(node, endOffset)
  }

  /** `node` is about to apply `batch`. */
  onApply(node: CheckedNode, batch: Batch): void {
    this.#replay.onApply(node, batch)
  }

  /** `node` applied everything before `offset` and its state has this hash. */
  onState(node: CheckedNode, offset: Offset, stateHash: number): void {
    this.#replay.onState(node, offset, stateHash)
  }

  /** `request` leaves `node`. */
  onRequest(node: CheckedNode, request: RaftRequest): void {
    // Nobody learns an epoch from a question about reads: it is answered in that epoch or refused.
    if (request.type !== 'read-index') this.#onSpoken(node, request.epoch)
    if (request.type === 'vote' && !request.preVote) {
      this.#votes.onVote(node, request.epoch, node.id)
    }
    if (request.type === 'fetch') {
      const { durable } = node.disk
      check(
        request.fetchOffset <= durable.endOffset &&
          request.lastFetchedEpoch === durable.epochBefore(request.fetchOffset),
        'only durable batches are acknowledged',
        () => `node ${node.id} fetches from ${request.fetchOffset}, and is durable to ${durable.endOffset}`,
      )
    }
  }

  /** `response` to `request` leaves `node`. */
  onResponse(node: CheckedNode, request: RaftRequest, response: RaftResponse): void {
    // A process on its way out answers what it knows; nobody counts on it.
    if (response.error !== 'SHUTTING_DOWN') this.#onSpoken(node, response.epoch)
    check(
      request.type !== 'fetch' || response.error !== undefined || response.epoch === request.epoch,
      'a fetch is served in its own epoch',
      () => `node ${node.id} serves a fetch of epoch ${request.epoch} in epoch ${response.epoch}`,
    )
    if (response.type !== 'vote' || request.type !== 'vote' || !response.granted) return
    this.#votes.onGranted(node, request)
  }

  /** The state machine of `node` is told that its node leads `epoch`. */
  onLeading(node: CheckedNode, epoch: Epoch): void {
    const start = this.#epochStarts.get(epoch)
    const appliedEnd = this.#replay.endOffset(node)
    check(
      start !== undefined && appliedEnd >= start,
      'leadership is told after the past',
      () => `node ${node.id} leads from ${start} on, and has applied up to ${appliedEnd}`,
    )
  }

  /** `node` may have changed. */
  onStatus(node: CheckedNode, status: RaftStatus): void {
    const memory = this.#memory(node)
    const { epoch, highWatermark, role } = status
    check(epoch >= memory.epochFloor, 'epochs never fall', () => {
      return `node ${node.id} is in epoch ${epoch}, after ${memory.epochFloor}`
    })
    check(highWatermark >= memory.highWatermark, 'high watermarks never fall', () => {
      return `node ${node.id} falls from ${memory.highWatermark} to ${highWatermark}`
    })
    if (role === 'leader') this.#onLeader(node, status)
    if (highWatermark > memory.highWatermark) {
      memory.highWatermark = highWatermark
      this.#onCommit(node, status)
    }
  }

  /** `node` has done what there was to do: what it decided is in its log. */
  onSettled(node: CheckedNode, { voters, role, highWatermark }: RaftStatus): void {
    const { appended } = node.disk
    // A node that has not read its log yet knows no voters.
    check(
      voters.length === 0 || areSame(voters, appended.voters),
      'the newest voters in the log are in effect',
      () => `node ${node.id} counts ${namesOf(voters)}, and its log says ${namesOf(appended.voters)}`,
    )
    check(
      role !== 'leader' ||
        isMember(appended.voters, node.id, node.directoryId) ||
        highWatermark < appended.votersEnd,
      'a removed leader gives up',
      () => `node ${node.id} leads on, and its removal before ${appended.votersEnd} is committed`,
    )
  }

  /** A leader appended `batch`, which may name other voters. */
  #onNewVoters(node: CheckedNode, batch: Batch): void {
    const voters = votersNamedBy(batch)
    if (voters === undefined) return
    const before = node.disk.appended.votersBefore(batch.baseOffset)
    const changes = changesBetween(before.voters, voters)
    check(changes <= 1, 'one voter at a time', () => {
      return `node ${node.id} replaces ${namesOf(before.voters)} by ${namesOf(voters)}`
    })
    const isFounding = before.votersEnd === 0 && changes === 0
    const epochStart = this.#epochStarts.get(batch.epoch) ?? batch.baseOffset
    const { endOffset } = this.committed
    check(
      isFounding || (endOffset >= before.votersEnd && endOffset > epochStart),
      'a set of voters is committed before the next',
      () =>
        `node ${node.id} names voters at ${batch.baseOffset} in an epoch that began at ${epochStart}, after others before ${before.votersEnd}, and ${endOffset} is committed`,
    )
  }

  #onSpoken(node: CheckedNode, epoch: Epoch): void {
    const memory = this.#memory(node)
    memory.epochFloor = Math.max(memory.epochFloor, epoch)
    const { hardState, durable } = node.disk
    const durableEpoch = Math.max(hardState?.epoch ?? 0, durable.lastEpoch)
    check(
      epoch <= durableEpoch,
      'an epoch is durable before it is sent',
      () => `node ${node.id} speaks of epoch ${epoch}, its disk of ${durableEpoch}`,
    )
  }

  #onLeader(node: CheckedNode, { epoch, voters }: RaftStatus): void {
    const reign = this.#reigns.get(epoch)
    if (reign !== undefined) {
      check(
        reign.leaderId === node.id,
        'one leader an epoch',
        () => `nodes ${reign.leaderId} and ${node.id} both lead epoch ${epoch}`,
      )
      check(
        reign.life === node.life,
        'an epoch is led in one life',
        () => `node ${node.id} leads epoch ${epoch} again after a restart`,
      )
      return
    }
    this.#reigns.set(epoch, { leaderId: node.id, life: node.life })
    this.#votes.onElected(node, epoch, voters)
    const before = this.#committedBefore(epoch)
    check(
      node.disk.appended.chainAt(before) === this.committed.chainAt(before),
      'leader completeness',
      () => `node ${node.id} leads epoch ${epoch} without all that was committed before ${before}`,
    )
  }

  /** `node` takes everything before `highWatermark` for committed. */
  #onCommit(node: CheckedNode, status: RaftStatus): void {
    const { highWatermark } = status
    const { appended } = node.disk
    const known = Math.min(highWatermark, this.committed.endOffset)
    check(
      appended.chainAt(known) === this.committed.chainAt(known),
      'state machine safety',
      () => `node ${node.id} commits something else before ${known} than was committed`,
    )
    if (highWatermark <= this.committed.endOffset) return
    // It is the first to say so: then it must lead, or have led until this moment.
    const epoch = appended.lastEpoch
    const reign = this.#reigns.get(epoch)
    check(
      reign?.leaderId === node.id && reign.life === node.life,
      'state machine safety',
      () => `node ${node.id} commits up to ${highWatermark}, does not lead, and no leader said so`,
    )
    const sets = countingSets(appended, status)
    check(
      sets.some((voters) => this.#isHeldByMajority(voters, appended, highWatermark)),
      'a commit is durable on a majority',
      () => `node ${node.id} commits up to ${highWatermark}, which no majority of voters holds`,
    )
    // Its own disk may be the last to hold its first batch, which stops it from committing that one.
    const ownBatch = appended.endAfter(this.#epochStarts.get(epoch) ?? 0) ?? highWatermark
    check(
      sets.some((voters) => this.#isHeldByMajority(voters, appended, Math.max(ownBatch, highWatermark))),
      'a leader commits its own epoch first',
      () =>
        `node ${node.id} commits up to ${highWatermark}, and no majority holds anything of epoch ${epoch}`,
    )
    this.committed.extendFrom(appended, highWatermark)
    if (this.#commits.at(-1)?.epoch === epoch) this.#commits.pop()
    this.#commits.push({ epoch, endOffset: highWatermark })
  }

  /** End of what leaders of epochs before `epoch` have committed. */
  #committedBefore(epoch: Epoch): Offset {
    return this.#commits.findLast((commit) => commit.epoch < epoch)?.endOffset ?? 0
  }

  /** Whether a majority of `voters` holds `log` before `endOffset`, on the disks that are theirs. */
  #isHeldByMajority(voters: readonly Voter[], log: LogShadow, endOffset: Offset): boolean {
    const chain = log.chainAt(endOffset)
    const holders = voters.filter((voter) => {
      const node = this.#nodes.get(voter.id)
      if (node !== undefined && isSame(voter, node) && node.disk.durable.chainAt(endOffset) === chain)
        return true
      return this.#lost.some((lost) => isSame(voter, lost) && lost.durable.chainAt(endOffset) === chain)
    })
    return holders.length * 2 > voters.length
  }

  #memory(node: CheckedNode): Memory {
    const memory = this.#memories.get(node.id)
    if (memory === undefined) throw new Error(`node ${node.id} was never started`)
    return memory
  }
}

/** One number for two; epochs and node ids stay far below 2^20 in a run. */
function keyOf(offset: number, epoch: Epoch): number {
  return offset * 2 ** 20 + epoch
}

/**
 * The voters that a majority may be one of. The record that names them is committed by themselves alone; what is before it
 * may have been committed by those before, in the moment before the record was appended.
 */
function countingSets(log: LogShadow, { voters, highWatermark }: RaftStatus): (readonly Voter[])[] {
  if (!areSame(voters, log.voters)) return [voters, log.voters]
  if (highWatermark >= log.votersEnd) return [voters]
  return [voters, log.votersBefore(log.votersEnd - 1).voters]
}
