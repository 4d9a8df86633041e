import type { SeededRandom } from '../random.ts'
import type { Cluster } from '../world/cluster.ts'
import type { SimulatedNode } from '../world/node.ts'
import { addVoter, changeCutOff, isExpendable, removeLeader, removeVoter, replaceDisk } from './membership.ts'
import { joinHalfway } from './newcomers.ts'
import { type PartitionShape, partitionShapes } from './partitions.ts'
import { usurp } from './usurpation.ts'

/** What faults work on. */
export interface FaultContext {
  readonly cluster: Cluster
  /** Chance of its own, so that a fault more does not change what the cluster draws. */
  readonly random: SeededRandom
  readonly electionTimeoutMs: number
}

type Action = (context: FaultContext) => void

/** Parts the cluster in one of the known ways, on top of how it is parted already. */
function partition({ cluster, random }: FaultContext, shape: PartitionShape): void {
  const nodes = cluster.nodes.map(({ id }) => id)
  const leader = cluster.leader?.id ?? random.pick(cluster.voterIds)
  cluster.traceFault(0, `partition ${shape}`)
  cluster.reach.partitions += 1
  const links = partitionShapes[shape]({ nodes, voters: cluster.voterIds, leader }, random)
  for (const [from, to] of links) if (from !== to) cluster.network.block(from, to)
}

function partitionSomehow(context: FaultContext): void {
  partition(context, context.random.pick(Object.keys(partitionShapes) as PartitionShape[]))
}

function heal({ cluster }: FaultContext): void {
  cluster.traceFault(0, 'heal')
  cluster.network.heal()
}

function killLeader({ cluster, random }: FaultContext): void {
  cluster.leader?.kill(random.chance(0.3))
}

function startAll({ cluster }: FaultContext): void {
  for (const node of cluster.nodes) void node.start()
}

function bounce({ cluster, random, electionTimeoutMs }: FaultContext, node: SimulatedNode): void {
  if (!node.isUp) return
  node.kill(random.chance(0.3))
  cluster.time.setTimer(random() * random() * electionTimeoutMs, () => void node.start())
}

/** Damages one batch on the disk of a voter, as long as a majority of disks stays whole; observers may all be hit. */
function damage({ cluster, random }: FaultContext): void {
  const node = random.pick(cluster.nodes)
  if ((!node.isDamaged && !isExpendable(cluster, node)) || !node.disk.damage()) return
  node.isDamaged = true
  cluster.traceFault(node.id, 'damage')
}

function misdirect({ cluster, random }: FaultContext): void {
  const node = random.pick(cluster.nodes)
  cluster.traceFault(node.id, 'misdirected')
  node.disk.misdirect()
}

/** Damages a snapshot, under the same condition: others may be needed to bring the node back. */
function damageSnapshot({ cluster, random }: FaultContext): void {
  const node = random.pick(cluster.nodes)
  if ((!node.isDamaged && !isExpendable(cluster, node)) || !node.disk.snapshots.damage()) return
  node.isDamaged = true
  cluster.reach.snapshotsDamaged += 1
  cluster.traceFault(node.id, 'snapshot damaged')
}

function fillDisk({ cluster, random }: FaultContext): void {
  const node = random.pick(cluster.nodes)
  cluster.traceFault(node.id, 'disk full')
  node.disk.failNextWrite()
}

function slowDisk({ cluster, random, electionTimeoutMs }: FaultContext): void {
  const node = random.pick(cluster.nodes)
  cluster.traceFault(node.id, 'disk slow')
  cluster.reach.slowDisks += 1
  node.speed = { minSyncMs: 0, maxSyncMs: random() * 2 * electionTimeoutMs }
  cluster.time.setTimer(random.between(1, 10) * electionTimeoutMs, () => {
    node.speed = cluster.options.disk
  })
}

/** The disk of the leader stops for longer than its patience. */
function stallDisk({ cluster, random, electionTimeoutMs }: FaultContext): void {
  const { leader } = cluster
  if (leader === undefined) return
  cluster.traceFault(leader.id, 'disk stalls')
  const stallMs = random.between(3, 6) * electionTimeoutMs
  leader.speed = { minSyncMs: stallMs, maxSyncMs: 2 * stallMs }
  leader.clients.propose(random.upTo(4), 1)
  cluster.time.setTimer(stallMs, () => {
    leader.speed = cluster.options.disk
  })
}

function pause({ cluster, random, electionTimeoutMs }: FaultContext): void {
  const node = random.chance(0.5) ? cluster.leader : random.pick(cluster.nodes)
  if (node === undefined) return
  node.stop()
  cluster.time.setTimer(random() * random() * 20 * electionTimeoutMs, () => node.resume())
}

/** A process that does not get the processor for a moment; what arrives meanwhile is handled in one turn. */
function hiccup({ cluster, random, electionTimeoutMs }: FaultContext): void {
  const node = random.pick(cluster.nodes)
  node.stop()
  cluster.time.setTimer(random() * electionTimeoutMs * 0.5, () => node.resume())
}

function jumpClock({ cluster, random }: FaultContext): void {
  const node = random.pick(cluster.nodes)
  cluster.traceFault(node.id, 'clock jump')
  cluster.reach.clockJumps += 1
  node.clockFault.wallOffsetMs += random.between(-3_600_000, 3_600_000)
}

/** One node after the other is stopped in order and started again, as an upgrade does. */
function rollingRestart({ cluster, random, electionTimeoutMs }: FaultContext): void {
  cluster.traceFault(0, 'rolling restart')
  let delayMs = 0
  for (const node of random.shuffled(cluster.nodes)) {
    cluster.time.setTimer(delayMs, () => node.restart())
    delayMs += random() * 3 * electionTimeoutMs
  }
}

/**
 * The leader is cut off with what it has just been asked to write, while the others elect another; then the tables are
 * turned. What Figure 8 of the Raft paper draws.
 */
function duel(context: FaultContext): void {
  const { cluster, random, electionTimeoutMs } = context
  const { leader } = cluster
  if (leader === undefined) return
  cluster.network.heal()
  partition(context, 'leaderWithMinority')
  leader.clients.propose(random.upTo(4), 1)
  cluster.time.setTimer(random() * 4 * electionTimeoutMs, () => {
    leader.kill()
    cluster.network.heal()
    const next = cluster.leader
    next?.clients.propose(random.upTo(4), 1)
    if (next !== undefined && random.chance(0.5)) {
      cluster.time.setTimer(random() * electionTimeoutMs * 0.2, () => bounce(context, next))
    }
    void leader.start()
  })
}

/** Everything that can be done to a cluster. */
export const faultActions = {
  bounce: (context) => bounce(context, context.random.pick(context.cluster.nodes)),
  bounceLeader: (context) => {
    const { leader } = context.cluster
    if (leader !== undefined) bounce(context, leader)
  },
  kill: ({ cluster, random }) => random.pick(cluster.nodes).kill(random.chance(0.3)),
  killLeader,
  /** The power fails for all at once. */
  killAll: (context) => {
    context.cluster.traceFault(0, 'power cut')
    for (const node of context.cluster.nodes) bounce(context, node)
  },
  start: ({ cluster, random }) => void random.pick(cluster.nodes).start(),
  startAll,
  partition: partitionSomehow,
  isolateLeader: (context) => partition(context, 'isolateLeader'),
  heal,
  pause,
  hiccup,
  jumpClock,
  fillDisk,
  misdirect,
  slowDisk,
  stallDisk,
  usurp,
  damage,
  damageSnapshot,
  snapshot: ({ cluster, random }) => random.pick(cluster.nodes).operator.snapshot(),
  resign: ({ cluster }) => cluster.leader?.operator.resign(),
  transfer: ({ cluster }) => cluster.leader?.operator.transfer(),
  rollingRestart,
  duel,
  addVoter,
  removeVoter,
  removeLeader,
  changeCutOff,
  replaceDisk,
  joinHalfway,
} as const satisfies Readonly<Record<string, Action>>

/** One of {@link faultActions}. */
export type FaultName = keyof typeof faultActions
