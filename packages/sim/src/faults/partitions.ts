import type { NodeId } from '@quorate/raft'
import type { SeededRandom } from '../random.ts'

/** A direction in which nothing passes. */
export type BlockedLink = readonly [from: NodeId, to: NodeId]

/** Who is there to be parted. `leader` is whoever leads, or any node when nobody does. */
interface Members {
  readonly nodes: readonly NodeId[]
  readonly voters: readonly NodeId[]
  readonly leader: NodeId
}

/** A way to part a cluster: the links it cuts. */
type Shape = (members: Members, random: SeededRandom) => BlockedLink[]

function both(a: NodeId, b: NodeId): BlockedLink[] {
  return [
    [a, b],
    [b, a],
  ]
}

function others(nodes: readonly NodeId[], node: NodeId): NodeId[] {
  return nodes.filter((other) => other !== node)
}

function isolate(nodes: readonly NodeId[], node: NodeId): BlockedLink[] {
  return others(nodes, node).flatMap((other) => both(node, other))
}

/** Everyone is cut off from everyone but `hub`. */
function star(nodes: readonly NodeId[], hub: NodeId): BlockedLink[] {
  const spokes = others(nodes, hub)
  return spokes.flatMap((from) => others(spokes, from).map((to): BlockedLink => [from, to]))
}

/**
 * The shapes that break consensus protocols in the field.
 *
 * `quorumLoss`, `constrainedElection` and `chained` are the partial partitions of the OmniPaxos paper (Ng et al. 2023).
 */
export const partitionShapes = {
  isolateOne: ({ nodes }, random) => isolate(nodes, random.pick(nodes)),
  isolateLeader: ({ nodes, leader }) => isolate(nodes, leader),
  halves: ({ nodes }, random) => {
    const inFirst = new Set(nodes.filter(() => random.chance(0.5)))
    return nodes
      .filter((node) => inFirst.has(node))
      .flatMap((a) => nodes.filter((node) => !inFirst.has(node)).flatMap((b) => both(a, b)))
  },
  /** A minority goes with the leader. */
  leaderWithMinority: ({ nodes, voters, leader }, random) => {
    const followers = random.shuffled(others(voters, leader))
    const kept = new Set([leader, ...followers.slice(0, Math.max(0, Math.ceil(voters.length / 2) - 2))])
    return nodes
      .filter((node) => kept.has(node))
      .flatMap((a) => nodes.filter((node) => !kept.has(node)).flatMap((b) => both(a, b)))
  },
  oneLink: ({ nodes }, random) => both(random.pick(nodes), random.pick(nodes)),
  oneWay: ({ nodes }, random) => [[random.pick(nodes), random.pick(nodes)]],
  /** One node is heard by all and hears nobody. */
  sendOnly: ({ nodes }, random) => {
    const node = random.pick(nodes)
    return others(nodes, node).map((other): BlockedLink => [other, node])
  },
  /** One node hears all and is heard by nobody. */
  receiveOnly: ({ nodes }, random) => {
    const node = random.pick(nodes)
    return others(nodes, node).map((other): BlockedLink => [node, other])
  },
  leaderSendsOnly: ({ nodes, leader }) => others(nodes, leader).map((other): BlockedLink => [other, leader]),
  /** Everyone reaches one node that does not lead, and nobody else. */
  quorumLoss: ({ nodes, voters, leader }, random) =>
    star(nodes, random.pick(voters.length > 1 ? others(voters, leader) : voters)),
  /** The leader is gone, and only one node reaches all the others; its log may be behind. */
  constrainedElection: ({ nodes, voters, leader }, random) => {
    const hub = random.pick(voters.length > 1 ? others(voters, leader) : voters)
    return [...star(others(nodes, leader), hub), ...isolate(nodes, leader)]
  },
  /** Each node reaches its neighbours in a row. */
  chained: ({ nodes }, random) => {
    const row = random.shuffled(nodes)
    return row.flatMap((a, index) => row.slice(index + 2).flatMap((b) => both(a, b)))
  },
} as const satisfies Readonly<Record<string, Shape>>

/** One of {@link partitionShapes}. */
export type PartitionShape = keyof typeof partitionShapes
