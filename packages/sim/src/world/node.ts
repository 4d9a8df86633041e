import type { Batch } from '@quorate/log'
import {
  type NodeId,
  openRaft,
  type RaftNode,
  type RaftOptions,
  type RaftStatus,
  type Voter,
} from '@quorate/raft'
import type { Append } from '../checks/appends.ts'
import { silentLogger } from '@quorate/transport'
import { Violation } from '../checks/violation.ts'
import { isMember } from '../checks/voters.ts'
import { ClientCalls } from './client-calls.ts'
import type { Cluster } from './cluster.ts'
import { Disk, type DiskSpeed } from './disk.ts'
import { type ClockFault, NodeClock } from './node-clock.ts'
import { OperatorCalls } from './operator-calls.ts'
import type { Process } from './process.ts'
import { decodeWrite, RegisterMachine } from './register-machine.ts'

/** Errors of the log that a node answers by stopping, because its disk is full or damaged. */
const diskErrors = new Set(['LOG_FAILED', 'LOG_CORRUPT', 'LOG_DAMAGED'])

/** Errors of a node whose snapshots are damaged, and nothing else can stand in for them. */
const snapshotErrors = new Set(['LOG_SNAPSHOT_CORRUPT', 'RAFT_SNAPSHOT_MISSING'])

/** Names the disk that `count` disks make the newest of node `id`. */
export function directoryOf(id: NodeId, count: number): string {
  return `disk-${id}-${count}`
}

/** One node: its disk and its clock's faults survive, its process comes and goes. */
export class SimulatedNode {
  readonly id: NodeId
  disk: Disk
  readonly clockFault: ClockFault
  speed: DiskSpeed
  /** Which of the processes on this disk this is. */
  life = 0
  /** How many disks it has had. */
  #disks = 1
  /** Its disk lost something that only a new disk can bring back. */
  isDamaged = false
  /** Never to be started again. */
  isBuried = false
  /** The role and epoch that were last seen, for the trace. */
  seen:
    | { readonly role: RaftStatus['role']; readonly epoch: number; readonly highWatermark: number }
    | undefined
  /** The epoch that it led before, and when it was found not to lead it any more. */
  lastReign: { readonly epoch: number; readonly endedMs: number } | undefined
  /** The snapshot it asked for last, and whom. */
  lastPull: { readonly endOffset: number; readonly from: NodeId } | undefined
  /** It was asked to give up leadership, so that a resignation proves nothing about the quorum. */
  isResigning = false
  readonly clients: ClientCalls
  readonly operator: OperatorCalls
  readonly #cluster: Cluster
  #process: Process | undefined
  #isBusy = false

  constructor(cluster: Cluster, id: NodeId, clockRate: number, speed: DiskSpeed) {
    this.#cluster = cluster
    this.id = id
    this.clockFault = { rate: clockRate, wallOffsetMs: 0 }
    this.speed = speed
    this.disk = this.#newDisk(cluster.founders)
    this.clients = new ClientCalls(cluster, this, () => this.#process)
    this.operator = new OperatorCalls(cluster, this, () => this.#process)
  }

  #newDisk(founders: readonly Voter[]): Disk {
    const cluster = this.#cluster
    return new Disk({
      random: cluster.random,
      reach: cluster.reach,
      speed: () => this.speed,
      founders,
      nowMs: () => cluster.time.nowMs,
      watch: {
        onCut: (truncateTo) => cluster.onCut(this, truncateTo),
        onAppended: (batch) => cluster.onAppended(this, batch),
        onDurable: () => cluster.onDurable(this),
        onRestart: (endOffset) => cluster.onRestart(this, endOffset),
        onSnapshot: () => cluster.onSnapshot(this),
        onViolation: (violation) => cluster.report(violation),
      },
    })
  }

  /** Of the disk that it has now. */
  get directoryId(): string {
    return directoryOf(this.id, this.#disks)
  }

  /** Whether its first disk was replaced, so that it has to join the quorum like a stranger. */
  get hasNewDisk(): boolean {
    return this.#disks > 1
  }

  /** Whether it is a voter by what is committed, with the disk that it has. */
  get isVoter(): boolean {
    return isMember(this.#cluster.safety.committed.voters, this.id, this.directoryId)
  }

  /** The voters there will be if what this leader was asked for comes to pass. */
  get plannedVoters(): readonly (readonly Voter[])[] {
    return this.#process === undefined ? [] : [...this.#process.planned]
  }

  /** Whether a process runs on it, or is stopped on it. */
  get isUp(): boolean {
    return this.#process !== undefined
  }

  get isStopped(): boolean {
    return this.#process?.clock.isStopped ?? false
  }

  /** True time at which its process began to run, in milliseconds. */
  get runningSinceMs(): number {
    return this.#process?.clock.runningSinceMs ?? 0
  }

  get status(): RaftStatus | undefined {
    return this.#process?.gate.isOpen === true ? this.#process.raft.status() : undefined
  }

  get isLeader(): boolean {
    return this.status?.role === 'leader'
  }

  get appliedOffset(): number {
    return this.#process?.machine.appliedOffset ?? 0
  }

  /** Proposals that its process was given, and whose outcome it has not told. */
  get openProposals(): number {
    return this.#process?.open.size ?? 0
  }

  /** Starts a process on the disk, unless there is one, or never can be again. */
  async start(): Promise<void> {
    if (this.isUp || this.#isBusy || this.isBuried) return
    const { time, network, reach, options, founders, random } = this.#cluster
    const clock = new NodeClock(time, this.clockFault)
    this.life += 1
    this.isResigning = false
    this.#isBusy = true
    const opened = await this.disk.open(clock).catch((error: Error) => {
      this.#stoppedBy(error)
      return undefined
    })
    this.#isBusy = false
    if (opened === undefined) return
    const { log, snapshots } = opened
    if (log.hardState?.vote !== undefined) reach.restartsWithVote += 1
    this.#cluster.onStart(this)
    const machine = new RegisterMachine()
    const transport = network.transport(this.id, clock)
    const gate = { isOpen: false }
    const raft = this.#open({
      ...options.tuning,
      id: this.id,
      directoryId: this.directoryId,
      clusterId: 'simulated',
      voters: founders,
      joins: this.hasNewDisk,
      log,
      snapshots,
      transport: {
        ...transport,
        serve: (handler) => {
          // Only now has the node read what its disk has.
          gate.isOpen = true
          return transport.serve(handler)
        },
      },
      stateMachine: {
        apply: (batches) => this.#applyAll(batches),
        snapshot: () => machine.snapshot(options.snapshotPaddingBytes),
        load: async (contents, { endOffset }) => {
          const pieces: Uint8Array[] = []
          for await (const piece of contents) pieces.push(piece)
          machine.load(Buffer.concat(pieces), options.snapshotPaddingBytes, endOffset)
          if (this.#process?.machine === machine) this.#cluster.onLoad(this, endOffset, machine.stateHash)
        },
        leadership: ({ epoch, leaderId }) => {
          if (leaderId === this.id) this.#cluster.onLeading(this, epoch)
        },
      },
      clock,
      random,
      logger: { ...silentLogger, warn: (fields) => this.#onWarning(fields) },
    })
    if (raft === undefined) return
    const process = {
      raft,
      clock,
      machine,
      gate,
      open: new Set<Append>(),
      planned: new Set<readonly Voter[]>(),
    }
    this.#process = process
    void raft.failed.then((error) => {
      if (this.#process === process) this.#stoppedBy(error)
    })
    this.#cluster.touch(this)
  }

  /** Opens the node, unless its disk lost too much for that. */
  #open(options: RaftOptions): RaftNode | undefined {
    try {
      return openRaft(options)
    } catch (error) {
      this.#stoppedBy(error as Error)
      this.disk.crash()
      return undefined
    }
  }

  /** The process dies at once. With `dark`, so does its machine's network. */
  kill(dark = false): void {
    const process = this.#process
    if (process === undefined) return
    const { reach } = this.#cluster
    reach.crashes += 1
    if (this.isLeader) reach.leaderCrashes += 1
    this.#cluster.trace(this, 'crash')
    this.#drop(process, dark)
  }

  /** The process ends in order, and another starts in its place. */
  restart(): void {
    const process = this.#process
    if (process === undefined || this.#isBusy || process.clock.isStopped) return
    this.#isBusy = true
    this.isResigning = true
    this.#cluster.trace(this, 'close')
    void process.raft.close().then(async () => {
      this.#isBusy = false
      if (this.#process !== process) return
      this.#cluster.reach.gracefulRestarts += 1
      this.#process = undefined
      this.#cluster.network.kill(this.id, false)
      await this.disk.close()
      process.clock.kill()
      await this.start()
    })
  }

  /** As SIGSTOP does. */
  stop(): void {
    if (this.#process === undefined || this.isStopped) return
    this.#cluster.reach.stops += 1
    this.#cluster.trace(this, 'stop')
    this.#process.clock.stop()
  }

  /** As SIGCONT does. */
  resume(): void {
    if (!this.isStopped) return
    this.#cluster.trace(this, 'resume')
    this.#process?.clock.resume()
  }

  #onWarning(fields: { readonly reason?: string }): void {
    if (fields.reason !== 'disk-stalled') return
    this.isResigning = true
    this.#cluster.reach.diskStallResignations += 1
  }

  #applyAll(batches: readonly Batch[]): void {
    for (const batch of batches) this.#apply(batch)
    this.#cluster.touch(this)
  }

  #apply(batch: Batch): void {
    const process = this.#process
    if (process === undefined) return
    const write = decodeWrite(batch)
    process.machine.apply(batch, write)
    this.#cluster.onApply(this, batch, process.machine.stateHash, write)
  }

  /** The machine gets an empty disk, under a directory id of its own. Its process is dead by then. */
  replaceDisk(): void {
    this.#cluster.network.forget(this.id)
    this.kill(true)
    if (this.#isBusy) return
    const { id, directoryId } = this
    const lost = { id, directoryId, durable: this.disk.durable }
    this.#disks += 1
    this.isDamaged = false
    this.lastReign = undefined
    this.disk = this.#newDisk([])
    this.#cluster.onReplaced(this, lost)
  }

  #stoppedBy(error: Error): void {
    const code = (error as { code?: string }).code ?? error.name
    this.#cluster.trace(this, 'fail', -1, -1, -1, code)
    const isSnapshotLost = this.disk.snapshots.hasDamage && snapshotErrors.has(code)
    if (!diskErrors.has(code) && !isSnapshotLost) {
      const what = `node ${this.id} stopped: ${error.message}`
      this.#cluster.report(new Violation('a node stops only for its disk', what, { cause: error }))
    }
    const isHit = code === 'LOG_DAMAGED' || (code === 'LOG_CORRUPT' && this.disk.hasDamage)
    if (isHit || isSnapshotLost) this.isDamaged = true
    if (this.#process !== undefined) this.#drop(this.#process, false)
  }

  #drop(process: Process, dark: boolean): void {
    // It may have committed something in its last moment.
    this.#cluster.look(this)
    this.#process = undefined
    this.#isBusy = false
    this.seen = undefined
    process.clock.kill()
    this.#cluster.network.kill(this.id, dark)
    this.disk.crash()
  }
}
