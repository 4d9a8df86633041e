import type { SeededRandom } from './random.ts'
import type { Cluster } from './world/cluster.ts'

/** Every node that takes itself for the leader is asked to write: also those that are none any more. */
export function proposeSome(cluster: Cluster, random: SeededRandom, atMost: number): void {
  for (const node of cluster.nodes) {
    if (!node.isLeader) continue
    for (let count = random.upTo(atMost + 1); count > 0; count -= 1) {
      node.clients.propose(random.upTo(8), random.chance(0.1) ? 3 : 1)
    }
  }
}

/** Every node that takes itself for the leader is read from: where a lease is trusted too long, it shows here. */
export function readFromLeaders(cluster: Cluster): void {
  for (const node of cluster.nodes) if (node.isLeader) node.clients.read()
}

/** A linearizable read on some node, leader or not. */
export function readSomewhere(cluster: Cluster, random: SeededRandom): void {
  random.pick(cluster.nodes).clients.read()
}
