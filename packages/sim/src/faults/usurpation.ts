import { readFromLeaders } from '../workload.ts'
import type { Cluster } from '../world/cluster.ts'
import type { SimulatedNode } from '../world/node.ts'
import type { FaultContext } from './actions.ts'

/** What an attempt is about: the old leader, the voters whose promises its lease needs, and everybody but the leader. */
interface Plot {
  readonly leader: SimulatedNode
  readonly heirs: readonly SimulatedNode[]
  readonly others: readonly SimulatedNode[]
}

type Way = (context: FaultContext, plot: Plot) => void

/**
 * Another leader comes as early as it can, while the old one lives and trusts its lease for as long as it may; both are
 * written to and read from all the while. This is what a read lease is wrong about, if it is wrong.
 *
 * The leader loses all voters but those its lease needs. Whoever is cut off is bound by nothing soon, so that it is up to the
 * promises of these few, the heirs, and to how long each side takes them to last.
 */
export function usurp(context: FaultContext): void {
  const { cluster, random, electionTimeoutMs } = context
  const { leader, network, time } = cluster
  const followers = random.shuffled(cluster.voters.filter((voter) => voter !== leader))
  if (leader === undefined || followers.length === 0) return
  const way = random.pick(Object.keys(ways) as (keyof typeof ways)[])
  cluster.traceFault(leader.id, `usurped by ${way}`)
  cluster.reach.usurpations += 1
  network.heal()
  const heirs = followers.slice(0, Math.floor(cluster.voters.length / 2))
  // Not at once: who is to win without the heirs must have what was just written.
  time.setTimer(random() * electionTimeoutMs, () => {
    for (const voter of followers) if (!heirs.includes(voter)) cutOff(cluster, voter, leader)
  })
  const others = cluster.nodes.filter((node) => node !== leader)
  const { fetchTimeoutMs } = cluster.options.tuning
  // With writes the heirs get ahead of the others, and promises are renewed all the time; without, anyone may win.
  const isBusy = random.chance(0.6)
  time.setTimer(random.between(0.5, 1.8) * fetchTimeoutMs, () => {
    const delayMs = random() * electionTimeoutMs
    if (isBusy) writeAndRead(context, delayMs)
    time.setTimer(delayMs, () => {
      writeAndRead(context, 4 * electionTimeoutMs)
      if (leader.isLeader) ways[way](context, { leader, heirs, others })
    })
  })
  time.setTimer(random.between(1.8, 2.2) * fetchTimeoutMs + 5 * electionTimeoutMs, () => {
    network.heal()
    for (const node of cluster.nodes) void node.start()
  })
}

const ways = {
  /** A firewall turns away whoever wants to reach the leader, as if its process were gone. That is evidence, and wrong. */
  firewall: ({ cluster, random }, { leader, others }) => {
    if (random.chance(0.7)) cluster.network.reset(leader.id)
    turnAway(cluster, leader, others)
    // Only once the others were told is the leader kept from hearing of what they do.
    cluster.time.setTimer(2 * cluster.network.faults.maxDelayMs, () => {
      if (random.chance(0.3)) return
      for (const { id } of others) cluster.network.block(leader.id, id)
    })
  },
  /** The heirs die behind a firewall, and are back before the leader's lease is over: they do not know what they promised. */
  restart: ({ cluster, random, electionTimeoutMs }, { leader, heirs, others }) => {
    turnAway(cluster, leader, others)
    for (const heir of heirs) {
      heir.kill(random.chance(0.3))
      cluster.time.setTimer(random() * random() * electionTimeoutMs, () => void heir.start())
    }
  },
  /**
   * The leader's process is stopped with the promises that answer its last words in its sockets, and is kept from everything
   * the others say later. When it goes on, these promises are news to it, and old.
   */
  pause: ({ cluster, random, electionTimeoutMs }, { leader, others }) => {
    const { time, network, options } = cluster
    leader.clients.propose(random.upTo(4), 1)
    time.setTimer(random() * network.faults.maxDelayMs, () => leader.stop())
    const roundTripMs = 2 * (network.faults.maxDelayMs + options.disk.maxSyncMs)
    time.setTimer(roundTripMs, () => turnAway(cluster, leader, others))
    time.setTimer(roundTripMs + random.between(1.6, 2.9) * electionTimeoutMs, () => leader.resume())
  },
} as const satisfies Readonly<Record<string, Way>>

function turnAway({ network }: Cluster, leader: SimulatedNode, others: readonly SimulatedNode[]): void {
  for (const { id } of others) network.refuse(id, leader.id)
}

function cutOff({ network }: Cluster, node: SimulatedNode, other: SimulatedNode): void {
  network.block(node.id, other.id)
  network.block(other.id, node.id)
}

/** For `durationMs` the latest leader is written to, and every node that takes itself for the leader is read from. */
function writeAndRead({ cluster, random, electionTimeoutMs }: FaultContext, durationMs: number): void {
  const pauseMs = electionTimeoutMs / 16
  for (let delayMs = 0; delayMs < durationMs; delayMs += pauseMs) {
    cluster.time.setTimer(delayMs, () => {
      if (random.chance(0.7)) cluster.leader?.clients.propose(random.upTo(4), 1)
      readFromLeaders(cluster)
    })
  }
}
