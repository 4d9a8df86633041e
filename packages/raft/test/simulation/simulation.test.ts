import t from 'tap'
import { SimulatedCluster } from './cluster.ts'
import { runScenario } from './scenario.ts'

const seeds = Number(process.env['SEEDS'] ?? 150)
const firstSeed = Number(process.env['SEED'] ?? 1)

t.test(`${seeds} lives of a cluster, from seed ${firstSeed}, break no rule`, async (t) => {
  const totals = { elections: 0, crashes: 0, committed: 0 }
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    try {
      const { counters } = await runScenario(seed)
      totals.elections += counters.elections
      totals.crashes += counters.crashes
      totals.committed += counters.committed
    } catch (error) {
      t.error(error, `replay with SEED=${seed} SEEDS=1`)
    }
  }
  t.comment(JSON.stringify(totals))
  t.ok(totals.elections > seeds, 'leaders were lost and replaced')
  t.ok(totals.crashes > seeds, 'processes died')
})

t.test('the same seed gives the same run', async (t) => {
  t.same(await runScenario(7), await runScenario(7))
})

t.test('after the leader dies the next is elected without waiting for the fetch timeout', async (t) => {
  const cluster = await SimulatedCluster.create({ seed: 3, voters: 3, observers: 1 })
  t.ok(await cluster.time.run(5_000, () => cluster.leader !== undefined))
  cluster.propose('before')
  t.ok(await cluster.converge(5_000))
  const killedMs = cluster.time.now()
  cluster.leader?.kill()
  t.ok(await cluster.time.run(5_000, () => cluster.leader !== undefined))
  t.ok(cluster.time.now() - killedMs < 200, `${cluster.time.now() - killedMs} virtual ms`)
  await cluster.close()
})

t.test(
  'a leader cut off from everyone resigns, and what it appended alone is cut off when it returns',
  async (t) => {
    const cluster = await SimulatedCluster.create({ seed: 4, voters: 3 })
    t.ok(await cluster.time.run(5_000, () => cluster.leader !== undefined))
    const old = cluster.leader
    for (const { id } of cluster.nodes) {
      cluster.network.block(old?.id ?? 0, id)
      cluster.network.block(id, old?.id ?? 0)
    }
    old?.propose('never acknowledged')
    t.ok(await cluster.time.run(10_000, () => cluster.nodes.some((node) => node !== old && node.isActive)))
    t.ok(await cluster.time.run(10_000, () => old?.isActive === false), 'it gave up by itself')
    cluster.propose('committed by the others')
    cluster.network.heal()
    t.ok(await cluster.converge(10_000))
    cluster.checkAcknowledged()
    t.notOk([...cluster.committed.values()].some((text) => text.includes('never acknowledged')))
    await cluster.close()
  },
)
