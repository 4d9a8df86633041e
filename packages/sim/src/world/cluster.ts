import type { Batch, Offset } from '@quorate/log'
import {
  type FetchSnapshotRequest,
  isControlBatch,
  type NodeId,
  type Outcome,
  type RaftRequest,
  type RaftResponse,
  type RaftTuning,
  type Voter,
} from '@quorate/raft'
import { type Append, AppendHistory } from '../checks/appends.ts'
import { DiskStallCheck } from '../checks/disk-stall.ts'
import { mayCount, QuorumCheck } from '../checks/quorum.ts'
import type { LostDisk } from '../checks/checked-node.ts'
import { SafetyChecker } from '../checks/safety.ts'
import type { LogShadow } from '../checks/log-shadow.ts'
import { check, Violation } from '../checks/violation.ts'
import { noReach, type Reach } from '../reach.ts'
import { type SeededRandom, seededRandom } from '../random.ts'
import { Trace, type TraceKind } from '../trace.ts'
import type { DiskSpeed } from './disk.ts'
import { LastWords, type LastWordsOptions, type Word } from './last-words.ts'
import { type NetworkFaults, SimulatedNetwork } from './network.ts'
import { directoryOf, SimulatedNode } from './node.ts'
import type { RegisterWrite } from './register-machine.ts'
import { VirtualTime } from './virtual-time.ts'

/** How a cluster is made. */
export interface ClusterOptions {
  readonly seed: number
  readonly voters: number
  readonly observers: number
  /** Whether the nodes are told the directories of the first voters, or their ids alone. */
  readonly namesDirectories: boolean
  readonly tuning: RaftTuning & { readonly fetchTimeoutMs: number }
  readonly network: NetworkFaults
  readonly disk: DiskSpeed
  /** Every clock runs at a rate of its own between this and its inverse, or at one of the two. */
  readonly minClockRate: number
  readonly clocks: 'between' | 'extreme'
  readonly lastWords: LastWordsOptions
  /** Bytes that a snapshot carries beside the registers. */
  readonly snapshotPaddingBytes: number
  /** Gets one line an event. */
  readonly print?: (line: string) => void
}

/** A whole cluster of the real node on memory logs under virtual time, checked after every event. */
export class Cluster {
  readonly options: ClusterOptions
  readonly time = new VirtualTime()
  readonly random: SeededRandom
  readonly reach: Reach = noReach()
  readonly network: SimulatedNetwork
  /** The voters that the quorum begins with. */
  readonly founders: readonly Voter[]
  readonly nodes: readonly SimulatedNode[]
  readonly appends = new AppendHistory()
  readonly safety: SafetyChecker
  readonly events: Trace
  readonly #quorum: QuorumCheck
  readonly #diskStall: DiskStallCheck
  readonly #touched = new Set<SimulatedNode>()
  readonly #byId = new Map<NodeId, SimulatedNode>()
  readonly #lastWords: LastWords
  #violation: Violation | undefined

  constructor(options: ClusterOptions) {
    this.options = options
    this.events = new Trace(options.print)
    this.random = seededRandom(options.seed)
    this.#lastWords = new LastWords(this, options.lastWords)
    const { random, time, reach } = this
    this.network = new SimulatedNetwork({
      time,
      random,
      reach,
      faults: options.network,
      watch: {
        onRequest: (from, to, request) => this.#onRequest(from, to, request),
        onResponse: (from, to, request, response) => this.#onResponse(from, to, request, response),
        onDelivered: (from, to, request) => this.#onDelivered(from, to, request),
        onLost: (from, to) => this.events.add(time.nowMs, from, 'lost', to, -1, -1),
      },
    })
    const founderIds = Array.from({ length: options.voters }, (_, index) => index + 1)
    this.founders = founderIds.map((id) =>
      options.namesDirectories ? { id, directoryId: directoryOf(id, 1) } : { id },
    )
    const observerIds = Array.from({ length: options.observers }, (_, index) => 101 + index)
    this.nodes = [...founderIds, ...observerIds].map((id) => {
      const { minClockRate, clocks } = options
      const isExtreme = clocks === 'extreme'
      const rate = isExtreme
        ? random.pick([minClockRate, 1 / minClockRate])
        : random.between(minClockRate, 1 / minClockRate)
      return new SimulatedNode(this, id, rate, options.disk)
    })
    for (const node of this.nodes) this.#byId.set(node.id, node)
    this.safety = new SafetyChecker(this.nodes, this.founders)
    const { fetchTimeoutMs, diskStallTimeoutMs = fetchTimeoutMs } = options.tuning
    const { minClockRate } = options
    this.#quorum = new QuorumCheck({ fetchTimeoutMs, minClockRate })
    this.#diskStall = new DiskStallCheck({
      fetchTimeoutMs,
      diskStallTimeoutMs,
      minClockRate,
    })
  }

  /** The nodes that are voters by what is committed, with the disk they have. */
  get voters(): readonly SimulatedNode[] {
    return this.nodes.filter((node) => node.isVoter)
  }

  get voterIds(): readonly NodeId[] {
    return this.safety.committed.voters.map(({ id }) => id)
  }

  /** The leader of the latest epoch among those who take themselves for one. */
  get leader(): SimulatedNode | undefined {
    let latest: SimulatedNode | undefined
    for (const node of this.nodes) {
      if (node.isLeader && (node.status?.epoch ?? 0) > (latest?.status?.epoch ?? 0)) latest = node
    }
    return latest
  }

  /** Lets `durationMs` go by, or less if `done` holds before. @throws Violation */
  run(durationMs: number, done?: () => boolean): Promise<boolean> {
    return this.time.run(durationMs, () => this.#afterEvent(), done)
  }

  /** From now on nobody dies of what it does. */
  endLastWords(): void {
    this.#lastWords.end()
  }

  /** The run ends after the event under way. The first violation counts, the others follow from it. */
  report(violation: Violation): void {
    this.#violation ??= violation
  }

  /** Looks at `node` after the event under way. */
  touch(node: SimulatedNode): void {
    this.#touched.add(node)
  }

  /** Checks `node` as it is now. */
  look(node: SimulatedNode): void {
    this.#guard(() => this.#look(node))
  }

  trace(node: SimulatedNode, kind: TraceKind, peer = -1, epoch = -1, offset = -1, detail = ''): void {
    this.events.add(this.time.nowMs, node.id, kind, peer, epoch, offset, detail)
  }

  /** A fault that concerns `node`, or 0 for all. */
  traceFault(node: NodeId, detail: string): void {
    this.events.add(this.time.nowMs, node, 'fault', -1, -1, -1, detail)
  }

  onStart(node: SimulatedNode): void {
    this.trace(node, 'start', -1, node.disk.hardState?.epoch ?? -1, node.disk.durable.endOffset)
    this.#guard(() => this.safety.onStart(node))
  }

  onCut(node: SimulatedNode, truncateTo: Offset): void {
    this.reach.truncations += 1
    if (node.disk.appended.votersEnd > truncateTo) this.reach.votersTakenBack += 1
    this.trace(node, 'cut', -1, -1, truncateTo)
    this.#guard(() => this.safety.onCut(node, truncateTo))
  }

  onReplaced(node: SimulatedNode, lost: LostDisk): void {
    this.reach.disksReplaced += 1
    this.traceFault(node.id, 'disk replaced')
    this.safety.onReplaced(node, lost)
  }

  onAppended(node: SimulatedNode, batch: Batch): void {
    this.trace(node, 'write', -1, batch.epoch, batch.baseOffset)
    // A leader names voters when it has seen a commit, which may be news here.
    if (isControlBatch(batch)) this.#guard(() => this.#look(node))
    this.#guard(() => this.safety.onAppended(node, batch))
  }

  /** `node` puts a snapshot that ends at `endOffset` in the place of its log. @returns what is committed */
  onRestart(node: SimulatedNode, endOffset: Offset): LogShadow {
    this.reach.snapshotsInstalled += 1
    if (node.status === undefined) this.reach.installsResumed += 1
    this.trace(node, 'install', -1, -1, endOffset)
    this.#guard(() => this.safety.onInstall(node, endOffset, node.status))
    return this.safety.committed
  }

  /** A snapshot is complete on the disk of `node`. */
  onSnapshot(node: SimulatedNode): void {
    this.reach.snapshotsCompleted += 1
    this.trace(node, 'snapshot', -1, -1, node.disk.snapshots.latest?.endOffset ?? -1)
    this.#lastWords.snapshotCompleted(node)
  }

  /** The state of `node` is that of a snapshot which ends at `endOffset`, and has this hash now. */
  onLoad(node: SimulatedNode, endOffset: Offset, stateHash: number): void {
    this.reach.snapshotsLoaded += 1
    this.trace(node, 'load', -1, -1, endOffset)
    this.#guard(() => {
      this.safety.onLoad(node, endOffset)
      this.safety.onState(node, endOffset, stateHash)
    })
  }

  onDurable(node: SimulatedNode): void {
    const { hardState, durable, startOffset } = node.disk
    this.#guard(() => this.safety.onLogStart(node, startOffset, node.disk.snapshots.latest?.endOffset))
    this.trace(node, 'durable', hardState?.vote?.id ?? -1, hardState?.epoch ?? -1, durable.endOffset)
    this.touch(node)
  }

  onLeading(node: SimulatedNode, epoch: number): void {
    this.#guard(() => this.safety.onLeading(node, epoch))
  }

  /** `node` applied `batch`, and its state has this hash now. */
  onApply(node: SimulatedNode, batch: Batch, stateHash: number, write: RegisterWrite | undefined): void {
    this.trace(node, 'apply', -1, batch.epoch, batch.baseOffset)
    this.#guard(() => {
      // The commit itself is seen with the status, so the node is looked at first.
      this.#look(node)
      this.safety.onApply(node, batch)
      this.safety.onState(node, batch.baseOffset + batch.count, stateHash)
      if (write !== undefined) this.appends.committed(write.value, batch)
    })
  }

  /** The client that made `append` is told what became of it. */
  onOutcome(node: SimulatedNode, append: Append, outcome: Outcome): void {
    const { epoch, baseOffset } = append.proposal
    this.trace(node, 'outcome', -1, epoch, baseOffset, outcome.status)
    this.#guard(() => {
      switch (outcome.status) {
        case 'committed':
          this.reach.proposalsAcknowledged += 1
          return this.appends.acknowledged(append)
        case 'rejected':
          this.reach.proposalsLost += 1
          return this.appends.lost(append)
        case 'unknown':
          this.reach.outcomesUnknown += 1
      }
    })
  }

  /** A client is told that what it proposed in a session, perhaps several times, is committed. */
  onSessionOutcome(append: Append): void {
    this.#guard(() => this.appends.acknowledged(append))
  }

  /** A client that leaves out no sequence was refused for it. */
  onSequenceRefused(error: Error): void {
    this.report(new Violation('sessions go on where they were', error.message))
  }

  /** A read on `node` that had to see everything before `mustSee` saw everything before `appliedOffset`. */
  onRead(node: SimulatedNode, mustSee: Offset, index: Offset, appliedOffset: Offset): void {
    this.trace(node, 'read', -1, -1, appliedOffset)
    this.#guard(() => this.appends.readEnds(mustSee, index, appliedOffset))
  }

  #onRequest(from: NodeId, to: NodeId, request: RaftRequest): void {
    const node = this.#node(from)
    let offset = -1
    if (request.type === 'fetch') offset = request.fetchOffset
    if (request.type === 'fetch-snapshot') {
      offset = request.position
      this.#onPull(node, to, request)
    }
    const detail = request.type === 'vote' && request.preVote ? 'pre-vote' : request.type
    this.events.add(this.time.nowMs, from, 'send', to, request.epoch, offset, detail)
    this.#guard(() => this.safety.onRequest(node, request))
    const isVoteRequest = request.type === 'vote' && !request.preVote
    if (isVoteRequest) this.#lastWords.spoken(node, 'vote-request')
    else if (request.type === 'fetch') this.#lastWords.spoken(node, 'fetch')
    else this.#lastWords.spoken(node, 'anything')
  }

  #onResponse(from: NodeId, to: NodeId, request: RaftRequest, response: RaftResponse): void {
    const node = this.#node(from)
    const { reach } = this
    let detail: string = response.error ?? response.type
    let kind: Word = 'anything'
    let offset = -1
    if (response.type === 'vote') {
      const isPreVote = request.type === 'vote' && request.preVote
      detail = `${isPreVote ? 'pre-vote' : 'vote'} ${response.granted ? 'granted' : 'refused'}`
      if (!response.granted) reach[isPreVote ? 'preVoteRefusals' : 'votesRefused'] += 1
      else if (!isPreVote) kind = 'granted-vote'
    } else if (response.type === 'fetch') {
      offset = response.highWatermark
      if (response.error === 'FENCED_LEADER_EPOCH') reach.fencedFetches += 1
      if (response.divergingEpoch !== undefined) reach.divergences += 1
      if (response.snapshotId !== undefined) reach.snapshotsNamed += 1
      if (response.batches.length > 0) kind = 'batches'
    }
    this.events.add(this.time.nowMs, from, 'answer', to, response.epoch, offset, detail)
    this.#guard(() => {
      this.safety.onResponse(node, request, response)
      if (response.type === 'fetch' && response.error === undefined) this.#checkServing(node, response.epoch)
    })
    this.#lastWords.spoken(node, kind)
  }

  #onPull(node: SimulatedNode, to: NodeId, { snapshotId, position }: FetchSnapshotRequest): void {
    const { endOffset } = snapshotId
    const last = node.lastPull
    if (last?.endOffset === endOffset && last.from !== to && position > 0) this.reach.pullsFromNextLeader += 1
    node.lastPull = { endOffset, from: to }
  }

  /** A leader may lose its epoch in the very event in which it answers, but not before. */
  #checkServing(node: SimulatedNode, epoch: number): void {
    const { lastReign } = node
    check(
      lastReign?.epoch !== epoch || lastReign.endedMs === this.time.nowMs,
      'only a leader serves fetches',
      () => `node ${node.id} serves a fetch of epoch ${epoch}, which it does not lead any more`,
    )
  }

  #onDelivered(from: NodeId, to: NodeId, request: RaftRequest): void {
    const node = this.#node(to)
    this.touch(node)
    if (request.type !== 'fetch' && request.type !== 'fetch-snapshot') return
    if (mayCount(node.status, from, request)) this.#quorum.onFetch(request.epoch, from, this.time.nowMs)
  }

  #afterEvent(): void {
    if (this.#touched.size > 0) {
      for (const node of this.#touched) {
        this.look(node)
        const { status } = node
        if (status !== undefined) this.#guard(() => this.safety.onSettled(node, status))
      }
      this.#touched.clear()
    }
    if (this.#violation !== undefined) throw this.#violation
  }

  #look(node: SimulatedNode): void {
    const { status } = node
    if (status === undefined) return
    const { role, epoch, highWatermark } = status
    const { seen } = node
    if (seen?.role !== role || seen.epoch !== epoch) {
      this.trace(node, 'role', status.leaderId ?? -1, epoch, status.endOffset, role)
      if (seen?.role === 'leader') node.lastReign = { epoch: seen.epoch, endedMs: this.time.nowMs }
      if (seen?.role === 'candidate' && role !== 'leader') this.reach.lostElections += 1
      if (role === 'resigned' && !node.isResigning) this.reach.checkQuorumResignations += 1
      if (role !== 'resigned' && role !== 'leader') node.isResigning = false
    }
    if (seen?.highWatermark !== highWatermark) this.trace(node, 'commit', -1, epoch, highWatermark)
    node.seen = { role, epoch, highWatermark }
    this.safety.onStatus(node, status)
    if (role === 'leader' && !node.isStopped) {
      const { nowMs } = this.time
      this.#quorum.onLeader(status, nowMs, node.runningSinceMs)
      this.#diskStall.onLeader({
        voters: status.voters,
        id: node.id,
        nowMs,
        writingSinceMs: node.disk.writingSinceMs,
        runningSinceMs: node.runningSinceMs,
        fetchedMs: this.#quorum.fetchedMs(epoch),
      })
    }
  }

  #node(id: NodeId): SimulatedNode {
    const node = this.#byId.get(id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    return node
  }

  /** Checks run inside the ports of a node, which must not see them throw. */
  #guard(checks: () => void): void {
    try {
      checks()
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      this.report(error)
    }
  }
}
