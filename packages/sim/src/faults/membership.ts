import type { NodeId, Voter } from '@quorate/raft'
import type { LogShadow } from '../checks/log-shadow.ts'
import type { Cluster } from '../world/cluster.ts'
import type { SimulatedNode } from '../world/node.ts'
import type { FaultContext } from './actions.ts'

/**
 * Every set of voters that may be in effect, or come to be: the committed one, later ones in any log, and what operators
 * have asked for.
 */
export function votersInPlay(cluster: Cluster): (readonly Voter[])[] {
  return [...votersInLogs(cluster), ...cluster.nodes.flatMap((node) => node.plannedVoters)]
}

/** Every set of voters that may be in effect: the committed one, and later ones in any log. */
export function votersInLogs(cluster: Cluster): (readonly Voter[])[] {
  const { committed } = cluster.safety
  const logs = cluster.nodes.map((node) => logOf(node))
  const later = logs.filter(({ votersEnd }) => votersEnd > committed.votersEnd)
  return [committed.voters, ...later.map(({ voters }) => voters)]
}

/** What is in the log of `node`, or will be when it is started. */
export function logOf(node: SimulatedNode): LogShadow {
  return node.isUp ? node.disk.appended : node.disk.durable
}

/** Whether a majority of `voters` has the disk it is known by, undamaged, and is among `nodes`. */
export function hasMajority(voters: readonly Voter[], nodes: Iterable<SimulatedNode>): boolean {
  const whole = [...nodes].filter((node) => isWholeVoter(voters, node))
  return whole.length * 2 > voters.length
}

/** Whether `node` is among `voters` and holds all that it ever acknowledged. */
export function isWholeVoter(voters: readonly Voter[], node: SimulatedNode): boolean {
  const voter = voters.find(({ id }) => id === node.id)
  if (voter === undefined || node.isDamaged) return false
  return voter.directoryId === undefined ? !node.hasNewDisk : voter.directoryId === node.directoryId
}

/** Whether the quorum outlives the loss of what is on the disk of `node`. */
export function isExpendable(cluster: Cluster, node: SimulatedNode): boolean {
  const others = cluster.nodes.filter((other) => other !== node)
  return votersInPlay(cluster).every((voters) => hasMajority(voters, others))
}

/** The leader is asked to make one of the other nodes a voter. */
export function addVoter({ cluster, random, electionTimeoutMs }: FaultContext): void {
  const { leader } = cluster
  const voters = leader?.status?.voters ?? []
  const strangers = cluster.nodes.filter(
    (node) => node.isUp && !node.isDamaged && !voters.some(({ id }) => id === node.id),
  )
  if (leader === undefined || strangers.length === 0) return
  const { id, directoryId } = random.pick(strangers)
  const added = { id, directoryId }
  const planned = [...voters, added]
  if (!hasMajority(planned, cluster.nodes)) return
  leader.operator.changeVoters('add', added, planned, random.between(1, 10) * electionTimeoutMs)
}

/** The leader is asked to remove a voter: one whose disk is gone, if there is one, or any. */
export function removeVoter(context: FaultContext): void {
  const { cluster, random } = context
  const voters = cluster.leader?.status?.voters ?? []
  const gone = voters.filter((voter) => cluster.nodes.every((node) => !isWholeVoter([voter], node)))
  if (voters.length > 1)
    remove(context, random.pick(gone.length > 0 && random.chance(0.8) ? gone : voters).id)
}

/** The leader is asked to remove itself. */
export function removeLeader(context: FaultContext): void {
  const { leader } = context.cluster
  if (leader !== undefined) remove(context, leader.id)
}

function remove({ cluster, random, electionTimeoutMs }: FaultContext, id: NodeId): void {
  const { leader } = cluster
  const voters = leader?.status?.voters ?? []
  const removed = voters.find((voter) => voter.id === id)
  if (removed?.directoryId === undefined) return
  const planned = voters.filter((voter) => voter !== removed)
  if (!hasMajority(planned, cluster.nodes)) return
  const named = { id, directoryId: removed.directoryId }
  leader?.operator.changeVoters('remove', named, planned, random.between(1, 10) * electionTimeoutMs)
}

/** A leader that hears nobody is asked to change the voters: what it appends then may be all that anyone knows of it. */
export function changeCutOff(context: FaultContext): void {
  const { cluster, random } = context
  const { leader } = cluster
  if (leader === undefined) return
  cluster.traceFault(leader.id, 'cut off, with voters to change')
  for (const { id } of cluster.nodes) {
    if (id === leader.id) continue
    cluster.network.block(leader.id, id)
    cluster.network.block(id, leader.id)
  }
  if (random.chance(0.5)) addVoter(context)
  else removeVoter(context)
}

/** Whether the disk of `node` may be lost for good: a majority can do without it, and whoever counts voters knows it. */
export function isReplaceable(cluster: Cluster, node: SimulatedNode): boolean {
  const isNamed = votersInPlay(cluster).every((voters) =>
    voters.every(({ id, directoryId }) => id !== node.id || directoryId !== undefined),
  )
  return isNamed && isExpendable(cluster, node)
}

/** A disk dies for good, and the node comes back with an empty one. */
export function replaceDisk({ cluster, random, electionTimeoutMs }: FaultContext): void {
  const node = random.pick(cluster.nodes)
  if (!isReplaceable(cluster, node)) return
  node.replaceDisk()
  cluster.time.setTimer(random() * 3 * electionTimeoutMs, () => void node.start())
}

/** Nodes that a later leader can be found through: who knows none of them stays alone, and is no loss. */
export function canFindQuorum(
  cluster: Cluster,
  node: SimulatedNode,
  alive: ReadonlySet<SimulatedNode>,
): boolean {
  const log = logOf(node)
  // It takes itself for a voter and nobody else does: it asks those it knows, and they may all be gone.
  if (isWholeVoter(log.voters, node)) return false
  const known = new Set([...log.voters, ...cluster.founders].map(({ id }) => id))
  return [...alive].some((other) => other !== node && known.has(other.id))
}
