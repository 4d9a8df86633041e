import { type FaultContext, faultActions } from './faults/actions.ts'
import { flap } from './faults/flapping.ts'
import { beginWithout } from './faults/newcomers.ts'
import type { Reach } from './reach.ts'
import { type SeededRandom, seededRandom } from './random.ts'
import { check } from './checks/violation.ts'
import type { Profile } from './profiles.ts'
import { type SwarmConfiguration, swarm } from './swarm.ts'
import { SessionClient } from './session-client.ts'
import { canFindQuorum, hasMajority, isWholeVoter, votersInLogs, votersInPlay } from './faults/membership.ts'
import { proposeSome, readFromLeaders, readSomewhere } from './workload.ts'
import { Cluster } from './world/cluster.ts'
import type { SimulatedNode } from './world/node.ts'

/** What a run was, for the reader of a failure and for counting what was reached. */
export interface ScenarioReport {
  readonly seed: number
  readonly profile: Profile
  readonly voters: number
  readonly observers: number
  /** Time that went by in the cluster. */
  readonly virtualMs: number
  readonly events: number
  readonly traceHash: string
  readonly reach: Reach
}

/** How to run a seed. */
export interface ScenarioOptions {
  /** Gets one line an event, under `traceHeading`. */
  readonly print?: (line: string) => void
}

/**
 * One seed, one life of a cluster: a safety phase in which anything may fail, then a healing phase in which a random
 * majority is repaired and must make progress, while the rest stay dead.
 *
 * @throws Violation, where a rule is broken
 */
export async function runScenario(seed: number, options: ScenarioOptions = {}): Promise<ScenarioReport> {
  const configuration = swarm(seed)
  const { print } = options
  const cluster = new Cluster({ ...configuration.cluster, ...(print === undefined ? {} : { print }) })
  const random = seededRandom(seed + 0x5eed)
  for (const node of cluster.nodes) await node.start()
  if (configuration.profile === 'flapping') await flap(cluster, random, configuration)
  else await liveDangerously(cluster, random, configuration)
  await heal(cluster, random, configuration)
  cluster.reach.elections = cluster.safety.elections
  return {
    seed,
    profile: configuration.profile,
    voters: configuration.cluster.voters,
    observers: configuration.cluster.observers,
    virtualMs: cluster.time.nowMs,
    events: cluster.events.events,
    traceHash: cluster.events.hash,
    reach: cluster.reach,
  }
}

async function liveDangerously(
  cluster: Cluster,
  random: SeededRandom,
  configuration: SwarmConfiguration,
): Promise<void> {
  const { profile, steps, stepMs, faultRate, faults, maxProposals, electionTimeoutMs } = configuration
  const context: FaultContext = { cluster, random, electionTimeoutMs }
  if (profile === 'newcomers') await beginWithout(context)
  const clients = [1, 2, 3].map(() => new SessionClient(cluster, random))
  for (let step = 0; step < steps; step += 1) {
    proposeSome(cluster, random, maxProposals)
    for (const client of clients) if (random.chance(0.5)) client.step()
    if (random.chance(0.5)) readSomewhere(cluster, random)
    if (random.chance(0.3)) readFromLeaders(cluster)
    if (random.chance(faultRate)) faultActions[random.pick(faults)](context)
    await cluster.run(random() * 2 * stepMs)
  }
}

/** A random majority of voters with whole disks is repaired; everyone else is gone for good. */
async function heal(
  cluster: Cluster,
  random: SeededRandom,
  { electionTimeoutMs }: SwarmConfiguration,
): Promise<void> {
  const { reach, network, nodes } = cluster
  cluster.traceFault(0, 'healing')
  cluster.endLastWords()
  const survivors = chooseSurvivors(cluster, random)
  for (const node of nodes) {
    if (survivors.has(node)) continue
    node.kill(true)
    node.isBuried = true
  }
  if (survivors.size < nodes.length) reach.deadMinorities += 1
  network.heal()
  network.faults = {
    minDelayMs: 0.1,
    maxDelayMs: 2,
    stragglerRate: 0,
    stragglerDelayMs: 0,
    lossRate: 0,
    duplicationRate: 0,
    corruptionRate: 0,
  }
  // Graceful restarts, slow disks, pauses and firewalls under way come to their end first.
  await cluster.run(30 * electionTimeoutMs + 1_000)
  network.heal()
  for (const node of survivors) {
    node.speed = { minSyncMs: 0.05, maxSyncMs: 1 }
    node.resume()
    await node.start()
  }
  await makeProgress(cluster, [...survivors], electionTimeoutMs)
}

/** A random majority of every set of voters that may be in effect, and some observers. */
function chooseSurvivors(cluster: Cluster, random: SeededRandom): Set<SimulatedNode> {
  const sets = votersInPlay(cluster)
  const survivors = new Set<SimulatedNode>()
  const extraRate = random()
  for (const node of random.shuffled(cluster.nodes)) {
    const isEnough = sets.every((voters) => hasMajority(voters, survivors))
    const isVoter = sets.some((voters) => isWholeVoter(voters, node))
    if (isVoter && (!isEnough || random.chance(extraRate))) survivors.add(node)
  }
  for (const node of cluster.nodes) {
    const isObserver = !node.isDamaged && canFindQuorum(cluster, node, survivors)
    if (isObserver && random.chance(0.5)) survivors.add(node)
  }
  // Who was to become a voter, and knows nobody who could make it one, never does.
  const inEffect = votersInLogs(cluster)
  for (const node of survivors) {
    const isVoter = inEffect.some((voters) => isWholeVoter(voters, node))
    if (!isVoter && !canFindQuorum(cluster, node, survivors)) survivors.delete(node)
  }
  return survivors
}

/** How often, within the time they have, the survivors are seen after. */
const limitParts = 200

/** Milliseconds in which a node that may fetch one record at a time gets another one. */
const catchUpMs = 10

async function makeProgress(
  cluster: Cluster,
  survivors: readonly SimulatedNode[],
  electionTimeoutMs: number,
): Promise<void> {
  const limitMs = 100 * electionTimeoutMs + 5_000 + catchUpMs * cluster.safety.committed.endOffset
  const isAgreed = (): boolean => {
    // What earlier leaders left behind may fill the buffer of this one: it takes writes once that is committed.
    const { highWatermark, endOffset } = cluster.leader?.status ?? {}
    if (highWatermark === undefined || highWatermark !== endOffset) return false
    const leaders = new Set(survivors.map((node) => node.status?.leaderId))
    const end = cluster.safety.committed.endOffset
    const hasAll = (node: SimulatedNode): boolean => node.appliedOffset === end
    return leaders.size === 1 && !leaders.has(undefined) && survivors.every(hasAll)
  }
  const expect = async (isReached: () => boolean, what: string): Promise<void> => {
    let isInTime = false
    for (let part = 0; part < limitParts && !isInTime; part += 1) {
      // A disk that is full or misread may only show it now; whoever stopped for that is started once more.
      for (const node of survivors) if (!node.isUp) await node.start()
      isInTime = await cluster.run(limitMs / limitParts, isReached)
    }
    check(isInTime, 'a healed majority makes progress', () => what)
  }
  await expect(isAgreed, 'it does not come together')
  const before = cluster.reach.proposalsAcknowledged
  await expect(() => {
    if (cluster.reach.proposalsAcknowledged > before) return true
    // A leader may have to refuse one, or stop for it: then the client asks again.
    if (survivors.every((node) => node.openProposals === 0)) cluster.leader?.clients.propose(0, 1)
    return false
  }, 'it takes no writes')
  await expect(isAgreed, 'it does not stay together')
  const waiting = survivors.find((node) => node.openProposals > 0)
  check(
    waiting === undefined,
    'every proposal has an outcome',
    () => `node ${waiting?.id} has not told what became of ${waiting?.openProposals}`,
  )
}
