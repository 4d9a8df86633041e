import assert from 'node:assert/strict'
import { type Batch, nextOffset, type Offset } from '@quorate/log'
import { createMemoryStorage, type MemoryLog, openMemoryLog } from '@quorate/log/memory'
import type { Random } from '@quorate/transport'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type NodeId, openRaft, type RaftNode, type RaftTuning } from '../../src/index.ts'
import { type NetworkFaults, SimulatedNetwork } from './network.ts'
import { VirtualTime } from './virtual-time.ts'

/** A deterministic generator of numbers in [0, 1). */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  // Neighbouring seeds begin alike; some numbers later they have nothing in common.
  for (let skipped = 0; skipped < 32; skipped += 1) generator.next()
  return () => (generator.next() >>> 0) / 2 ** 32
}

/** How a cluster is made. */
export interface ClusterOptions {
  readonly seed: number
  readonly voters: number
  readonly observers?: number
  readonly faults?: NetworkFaults
  /** Milliseconds a sync takes at most. */
  readonly maxSyncMs?: number
  readonly tuning?: RaftTuning
}

const calm: NetworkFaults = {
  minDelayMs: 0.2,
  maxDelayMs: 1,
  lossRate: 0,
  duplicationRate: 0,
  senderDeathRate: 0,
}

/** What was proposed, so that its fate can be checked. */
interface Acknowledged {
  readonly offset: Offset
  readonly text: string
}

/**
 * A whole cluster of the real node on memory logs under virtual time, with its invariants checked at every commit:
 *
 * one leader an epoch; one record an offset, on every node and for ever; high watermarks that never fall; nothing
 * acknowledged that is not committed later by everyone.
 */
export class SimulatedCluster {
  readonly time = new VirtualTime()
  readonly random: Random
  readonly network: SimulatedNetwork
  readonly nodes: SimulatedNode[] = []
  readonly acknowledged: Acknowledged[] = []
  /** What is committed at each offset, as the first node to apply it said. */
  readonly committed = new Map<Offset, string>()
  readonly leaders = new Map<number, NodeId>()
  readonly failures: Error[] = []
  /** Milliseconds a sync takes at most. */
  maxSyncMs: number
  readonly counters = { elections: 0, truncations: 0, crashes: 0, committed: 0 }

  private constructor(options: ClusterOptions) {
    this.random = seededRandom(options.seed)
    this.maxSyncMs = options.maxSyncMs ?? 1
    this.network = new SimulatedNetwork(this.time, this.random, options.faults ?? calm)
    this.network.onSenderDeath = (id) => this.nodes.find((node) => node.id === id)?.bounce()
  }

  static async create(options: ClusterOptions): Promise<SimulatedCluster> {
    const cluster = new SimulatedCluster(options)
    const voters = Array.from({ length: options.voters }, (_, index) => index + 1)
    const observers = Array.from({ length: options.observers ?? 0 }, (_, index) => 101 + index)
    for (const id of [...voters, ...observers]) {
      const node = new SimulatedNode(cluster, id, voters, options)
      cluster.nodes.push(node)
      await node.start()
    }
    return cluster
  }

  get leader(): SimulatedNode | undefined {
    return this.nodes.findLast((node) => node.isActive)
  }

  /** Proposes on whoever believes to lead. The text is acknowledged once that node applies it. */
  propose(text: string): void {
    for (const node of this.nodes) if (node.isActive) node.propose(text)
  }

  /** Runs until every node that is up has applied everything acknowledged, and leads or follows one leader. */
  converge(limitMs: number): Promise<boolean> {
    return this.time.run(limitMs, () => {
      const up = this.nodes.filter((node) => node.raft !== undefined)
      const end = Math.max(...this.committed.keys(), -1) + 1
      const leaders = new Set(up.map((node) => node.raft?.leadership.leaderId))
      return leaders.size === 1 && !leaders.has(undefined) && up.every((node) => node.appliedOffset >= end)
    })
  }

  /** Everything that must hold at the end, once a majority is up and the network is whole. */
  checkAcknowledged(): void {
    assert.deepEqual(this.failures, [])
    for (const { offset, text } of this.acknowledged) {
      assert.equal(this.committed.get(offset), text, `acknowledged at ${offset}`)
    }
  }

  async close(): Promise<void> {
    for (const node of this.nodes) node.kill()
    await this.time.run(10_000)
  }

  /** Called by nodes for every batch they apply. */
  onApplied(batch: Batch, text: string): void {
    const known = this.committed.get(batch.baseOffset)
    if (known === undefined) {
      this.committed.set(batch.baseOffset, text)
      this.counters.committed += 1
    } else {
      assert.equal(text, known, `two records committed at offset ${batch.baseOffset}`)
    }
  }

  /** Called by nodes that learn that they lead. */
  onLeading(id: NodeId, epoch: number): void {
    const known = this.leaders.get(epoch)
    if (known === undefined) this.counters.elections += 1
    assert.equal(known ?? id, id, `two leaders in epoch ${epoch}`)
    this.leaders.set(epoch, id)
  }
}

/** One node: its disk survives, its process comes and goes. */
export class SimulatedNode {
  readonly id: NodeId
  raft: RaftNode | undefined
  appliedOffset: Offset = 0
  readonly #cluster: SimulatedCluster
  readonly #voters: readonly NodeId[]
  readonly #options: ClusterOptions
  readonly #storage = createMemoryStorage()
  #log: MemoryLog | undefined
  #starting = false
  #leadingEpoch: number | undefined
  #waiting = new Map<Offset, { readonly epoch: number; readonly text: string }>()

  constructor(cluster: SimulatedCluster, id: NodeId, voters: readonly NodeId[], options: ClusterOptions) {
    this.#cluster = cluster
    this.id = id
    this.#voters = voters
    this.#options = options
  }

  /** Whether it was told that it leads, and has applied everything before its reign. */
  get isActive(): boolean {
    return this.raft !== undefined && this.#leadingEpoch !== undefined
  }

  async start(): Promise<void> {
    assert.equal(this.raft, undefined)
    this.#starting = true
    const { time, random } = this.#cluster
    const log = await openMemoryLog({
      storage: this.#storage,
      scheduleSync: (sync) => void time.setTimer(0.1 + random() * this.#cluster.maxSyncMs, sync),
      now: () => time.wallTime(),
    })
    this.#starting = false
    this.#log = log
    this.appliedOffset = 0
    this.#waiting = new Map()
    const epochBefore = log.hardState?.epoch ?? 0
    this.raft = openRaft({
      ...this.#options.tuning,
      id: this.id,
      directoryId: `directory-${this.id}`,
      clusterId: 'simulated',
      voters: this.#voters,
      log,
      transport: this.#cluster.network.transport(this.id),
      stateMachine: {
        apply: (batches) => this.#apply(batches),
        leadership: ({ epoch, leaderId }) => {
          this.#leadingEpoch = leaderId === this.id ? epoch : undefined
          if (leaderId === this.id) this.#cluster.onLeading(this.id, epoch)
        },
      },
      clock: time,
      random,
    })
    assert.ok(this.raft.status().epoch >= epochBefore, 'an epoch fell over a restart')
    const { raft } = this
    void raft.failed.then((error) => this.raft === raft && this.#cluster.failures.push(error))
  }

  /** The process dies: unsynced writes are lost, but for a few that made it. */
  kill(): void {
    const { raft } = this
    const log = this.#log
    if (raft === undefined || log === undefined) return
    const { random, counters, network } = this.#cluster
    counters.crashes += 1
    this.raft = undefined
    this.#leadingEpoch = undefined
    network.kill(this.id)
    log.crash({ keepUnsynced: Math.floor(random() * (log.unsyncedWrites + 1)), tornTail: random() < 0.5 })
    void raft.close()
  }

  /** The process dies and comes back a moment later. */
  bounce(): void {
    if (this.raft === undefined) return
    this.kill()
    const { random, time } = this.#cluster
    time.setTimer(random() * random() * 30, () => {
      if (this.raft === undefined && !this.#starting) void this.start()
    })
  }

  propose(text: string): void {
    if (this.raft?.status().role !== 'leader') return
    const { baseOffset, epoch } = this.raft.propose(new TextEncoder().encode(text))
    this.#waiting.set(baseOffset, { epoch, text })
  }

  #apply(batches: readonly Batch[]): void {
    for (const batch of batches) {
      assert.equal(batch.baseOffset, this.appliedOffset, 'a gap in what is applied')
      this.appliedOffset = nextOffset(batch)
      const text = `${batch.epoch}:${new TextDecoder().decode(batch.payload)}`
      this.#cluster.onApplied(batch, text)
      const own = this.#waiting.get(batch.baseOffset)
      if (own !== undefined && own.epoch === batch.epoch) {
        this.#cluster.acknowledged.push({ offset: batch.baseOffset, text })
      }
      this.#waiting.delete(batch.baseOffset)
    }
  }
}
