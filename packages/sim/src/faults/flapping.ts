import { check } from '../checks/violation.ts'
import type { SeededRandom } from '../random.ts'
import { proposeSome } from '../workload.ts'
import type { SwarmConfiguration } from '../swarm.ts'
import type { Cluster } from '../world/cluster.ts'

/** The ways in which one node's cable can be loose. */
const looseCables = ['both ways', 'it hears nobody', 'nobody hears it'] as const

/**
 * The network is fine but for one voter's cable, which is loose: in, out, or both. A leader that the others hear must
 * not be unseated by it (pre-vote, KIP-996; the outage of Cloudflare in 2020).
 */
export async function flap(
  cluster: Cluster,
  random: SeededRandom,
  { electionTimeoutMs, steps, maxProposals }: SwarmConfiguration,
): Promise<void> {
  const rule = 'a leader with a quorum stays'
  const isLed = (): boolean =>
    cluster.leader !== undefined &&
    cluster.voters.every(({ status }) => status?.leaderId === cluster.leader?.id)
  check(await cluster.run(60 * electionTimeoutMs, isLed), rule, () => 'nobody is elected in calm water')
  const { leader } = cluster
  const reign = leader?.status?.epoch
  const flapping = random.pick(cluster.voters.filter((voter) => voter !== leader))
  for (let step = 0; step < steps; step += 1) {
    proposeSome(cluster, random, random.chance(0.2) ? maxProposals : 0)
    cluster.network.heal()
    if (random.chance(0.7)) loosen(cluster, random, flapping.id)
    await cluster.run(random() * 6 * electionTimeoutMs)
    check(
      leader?.isLeader === true && leader.status?.epoch === reign,
      rule,
      () => `node ${flapping.id} flaps, and node ${leader?.id} leads epoch ${reign} no more`,
    )
  }
}

function loosen(cluster: Cluster, random: SeededRandom, id: number): void {
  const how = random.pick(looseCables)
  cluster.traceFault(id, `cable loose, ${how}`)
  cluster.reach.partitions += 1
  for (const other of cluster.nodes) {
    if (other.id === id) continue
    if (how !== 'it hears nobody') cluster.network.block(id, other.id)
    if (how !== 'nobody hears it') cluster.network.block(other.id, id)
  }
}
