import t from 'tap'
import { Cluster } from '../src/world/cluster.ts'
import { calm } from './calm.ts'

async function led(): Promise<Cluster> {
  const cluster = new Cluster(calm)
  for (const node of cluster.nodes) await node.start()
  await cluster.run(10_000, () => cluster.leader !== undefined)
  await cluster.run(100)
  return cluster
}

t.test('after the leader dies the next is elected without waiting for the fetch timeout', async (t) => {
  const cluster = await led()
  const killedMs = cluster.time.nowMs
  cluster.leader?.kill()
  t.ok(await cluster.run(5_000, () => cluster.leader !== undefined))
  t.ok(cluster.time.nowMs - killedMs < 200, `${cluster.time.nowMs - killedMs} virtual ms`)
})

t.test('after the leader’s machine goes dark the next is elected after the fetch timeout', async (t) => {
  const cluster = await led()
  cluster.leader?.kill(true)
  t.notOk(await cluster.run(1_000, () => cluster.leader !== undefined))
  t.ok(await cluster.run(10_000, () => cluster.leader !== undefined))
})

t.test(
  'a leader cut off from everyone gives up, and what it appended alone is cut when it returns',
  async (t) => {
    const cluster = await led()
    const old = cluster.leader
    for (const { id } of cluster.nodes) {
      cluster.network.block(old?.id ?? 0, id)
      cluster.network.block(id, old?.id ?? 0)
    }
    old?.clients.propose(1, 1)
    t.ok(await cluster.run(10_000, () => cluster.leader !== undefined && cluster.leader !== old))
    t.ok(await cluster.run(10_000, () => old?.isLeader === false), 'it gave up by itself')
    cluster.leader?.clients.propose(2, 1)
    cluster.network.heal()
    t.ok(
      await cluster.run(10_000, () => cluster.reach.truncations === 1 && cluster.reach.proposalsLost === 1),
    )
    t.equal(cluster.reach.proposalsAcknowledged, 1)
  },
)

t.test('a stopped leader acknowledges nothing, and follows when it goes on', async (t) => {
  const cluster = await led()
  const old = cluster.leader
  old?.stop()
  t.ok(await cluster.run(10_000, () => cluster.leader !== undefined && cluster.leader !== old))
  const acknowledged = cluster.reach.proposalsAcknowledged
  old?.clients.propose(1, 1)
  old?.resume()
  t.ok(await cluster.run(10_000, () => old?.isLeader === false))
  t.equal(cluster.reach.proposalsAcknowledged, acknowledged)
})

t.test('a read on an observer sees what was acknowledged before it', async (t) => {
  const cluster = await led()
  cluster.leader?.clients.propose(1, 1)
  await cluster.run(5_000, () => cluster.reach.proposalsAcknowledged === 1)
  cluster.nodes.at(-1)?.clients.read()
  t.ok(await cluster.run(5_000, () => cluster.reach.reads === 1))
})
