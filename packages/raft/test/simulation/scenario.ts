import assert from 'node:assert/strict'
import { SimulatedCluster, seededRandom } from './cluster.ts'

/** What a run was, for the reader of a failure and for counting what was reached. */
export interface ScenarioReport {
  readonly seed: number
  readonly voters: number
  readonly observers: number
  readonly virtualMs: number
  readonly counters: SimulatedCluster['counters']
  readonly acknowledged: number
}

/**
 * One seed, one life of a cluster: a time in which anything may fail, then a time in which everything is repaired and
 * all must agree. Throws where an invariant breaks, or where the repaired cluster does not come together.
 */
export async function runScenario(seed: number): Promise<ScenarioReport> {
  const random = seededRandom(seed)
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const voters = 1 + upTo(5)
  const observers = upTo(3)
  // Some lives are slow and some are hectic: bugs hide in the ratio of faults to elections and of syncs to messages.
  const stepMs = [5, 40, 400][upTo(3)] ?? 400
  const electionTimeoutMs = [20, 150, 1_000][upTo(3)] ?? 1_000
  const cluster = await SimulatedCluster.create({
    seed: seed + 1,
    voters,
    observers,
    maxSyncMs: random() * random() * 100,
    tuning: {
      electionTimeoutMs,
      fetchTimeoutMs: 2 * electionTimeoutMs,
      fetchMaxWaitMs: electionTimeoutMs / 2,
      requestTimeoutMs: electionTimeoutMs,
      electionJitterMs: electionTimeoutMs / 20,
      retryBackoffMs: electionTimeoutMs / 50,
    },
    faults: {
      minDelayMs: 0.1,
      maxDelayMs: 1 + random() * 50,
      lossRate: random() < 0.5 ? 0 : random() * 0.3,
      duplicationRate: random() < 0.5 ? 0 : random() * 0.5,
      senderDeathRate: random() < 0.5 ? 0 : random() * random() * 0.05,
    },
  })
  const pickNode = () => cluster.nodes[upTo(cluster.nodes.length)]
  const chaosRate = random()
  for (let step = 0; step < 100; step += 1) {
    for (let count = upTo(4); count > 0; count -= 1) cluster.propose(`${step}.${count}`)
    if (random() < chaosRate) await disturb()
    await cluster.time.run(random() * stepMs)
    assert.deepEqual(cluster.failures, [])
  }

  async function disturb(): Promise<void> {
    const node = pickNode()
    const other = pickNode()
    if (node === undefined || other === undefined) return
    switch (upTo(6)) {
      case 0:
        return node.kill()
      case 1:
        cluster.leader?.kill()
        return node.raft === undefined ? node.start() : undefined
      case 2:
        return node.raft === undefined ? node.start() : undefined
      case 3:
        cluster.network.block(node.id, other.id)
        return random() < 0.7 ? cluster.network.block(other.id, node.id) : undefined
      case 4:
        for (const { id } of cluster.nodes) cluster.network.block(node.id, id)
        return random() < 0.5
          ? cluster.nodes.forEach(({ id }) => cluster.network.block(id, node.id))
          : undefined
      default:
        return cluster.network.heal()
    }
  }

  cluster.network.heal()
  cluster.maxSyncMs = 2
  cluster.network.faults = {
    minDelayMs: 0.1,
    maxDelayMs: 2,
    lossRate: 0,
    duplicationRate: 0,
    senderDeathRate: 0,
  }
  await cluster.time.run(100)
  for (const node of cluster.nodes) if (node.raft === undefined) await node.start()
  assert.deepEqual(cluster.failures, [])
  assert.ok(await cluster.converge(30_000), 'a repaired cluster agrees')
  assert.ok(await cluster.time.run(10_000, () => cluster.leader !== undefined), 'a repaired cluster is led')
  const before = cluster.acknowledged.length
  cluster.propose('at last')
  assert.ok(
    await cluster.time.run(10_000, () => cluster.acknowledged.length > before),
    'a repaired cluster commits',
  )
  assert.ok(await cluster.converge(10_000), 'a repaired cluster stays together')
  cluster.checkAcknowledged()
  const report = {
    seed,
    voters,
    observers,
    virtualMs: cluster.time.now(),
    counters: cluster.counters,
    acknowledged: cluster.acknowledged.length,
  }
  await cluster.close()
  return report
}
