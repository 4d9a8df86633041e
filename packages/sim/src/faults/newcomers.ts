import type { Cluster } from '../world/cluster.ts'
import type { SimulatedNode } from '../world/node.ts'
import type { FaultContext } from './actions.ts'
import { isReplaceable, logOf } from './membership.ts'

/**
 * A quorum begins while some of its founders hear of nothing, as many as the others can do without. As soon as a committed
 * record names the disk of a follower, that disk is lost: {@link joinHalfway} brings its node together with those founders.
 */
export async function beginWithout(context: FaultContext): Promise<void> {
  const { cluster, random, electionTimeoutMs } = context
  keepAway(context)
  await cluster.run(20 * electionTimeoutMs, () => replaceableVoters(cluster).length > 0)
  joinHalfway(context)
  await cluster.run(random.between(2, 8) * electionTimeoutMs)
}

function keepAway({ cluster, random }: FaultContext): void {
  const founders = random.shuffled(cluster.voters)
  const away = founders.slice(0, Math.floor((founders.length - 1) / 2))
  for (const { id } of away) cluster.traceFault(id, 'kept away')
  part(
    cluster,
    away,
    cluster.nodes.filter((node) => !away.includes(node)),
  )
}

/**
 * A voter comes back on an empty disk. When it has read of any voters, it is parted from everyone whose log is longer, and is
 * left with those who know as little. If that record names voters by id alone, it may take itself for the voter that it was,
 * and has nothing of what its lost disk acknowledged.
 */
export function joinHalfway(context: FaultContext): void {
  const { cluster, random, electionTimeoutMs } = context
  const { time } = cluster
  const replaceable = replaceableVoters(cluster)
  if (replaceable.length === 0) return
  const newcomer = random.pick(replaceable)
  newcomer.replaceDisk()
  // Before the leader gives up for want of the disk that is lost.
  time.setTimer(random() * 0.5 * electionTimeoutMs, () => void newcomer.start())
  partHalfway(context, newcomer, time.nowMs + 4 * electionTimeoutMs)
}

/** Those but the leader whose disk may be lost, or has been; none if nobody leads. */
function replaceableVoters(cluster: Cluster): SimulatedNode[] {
  const { leader, voterIds } = cluster
  if (leader === undefined) return []
  return cluster.nodes.filter(
    (node) => node !== leader && voterIds.includes(node.id) && isReplaceable(cluster, node),
  )
}

/** Parts `newcomer` from the others when it knows voters, unless it is `deadlineMs` before that. */
function partHalfway(context: FaultContext, newcomer: SimulatedNode, deadlineMs: number): void {
  const { cluster, random, electionTimeoutMs } = context
  const { network, reach, time } = cluster
  const { endOffset, votersEnd } = logOf(newcomer)
  if (votersEnd === 0) {
    const pauseMs = network.faults.maxDelayMs / 4
    if (time.nowMs < deadlineMs) time.setTimer(pauseMs, () => partHalfway(context, newcomer, deadlineMs))
    return
  }
  const ahead = cluster.nodes.filter((node) => logOf(node).endOffset > endOffset)
  if (ahead.length === 0) return
  cluster.traceFault(newcomer.id, 'parted halfway')
  reach.newcomersParted += 1
  network.heal()
  part(
    cluster,
    ahead,
    cluster.nodes.filter((node) => !ahead.includes(node)),
  )
  time.setTimer(random.between(2, 8) * electionTimeoutMs, () => network.heal())
}

/** Nothing passes between `some` and `others`, either way. */
function part({ network }: Cluster, some: readonly SimulatedNode[], others: readonly SimulatedNode[]): void {
  for (const { id } of some) {
    for (const other of others) {
      network.block(id, other.id)
      network.block(other.id, id)
    }
  }
}
