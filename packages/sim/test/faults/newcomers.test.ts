import t from 'tap'
import type { FaultContext } from '../../src/faults/actions.ts'
import { logOf } from '../../src/faults/membership.ts'
import { beginWithout, joinHalfway } from '../../src/faults/newcomers.ts'
import { seededRandom } from '../../src/random.ts'
import { Cluster } from '../../src/world/cluster.ts'
import { calm } from '../calm.ts'

const electionTimeoutMs = 1_000

async function started(): Promise<FaultContext> {
  const tuning = { ...calm.tuning, electionTimeoutMs, fetchMaxBytes: 1 }
  const cluster = new Cluster({ ...calm, namesDirectories: false, tuning })
  for (const node of cluster.nodes) await node.start()
  return { cluster, random: seededRandom(1), electionTimeoutMs }
}

t.test(
  'a disk that joins halfway knows voters by id alone, and is left with a founder that knows none',
  async (t) => {
    const context = await started()
    await beginWithout(context)
    const { cluster } = context
    t.equal(cluster.reach.newcomersParted, 1)
    const [newcomer, ...more] = cluster.nodes.filter((node) => node.hasNewDisk)
    if (newcomer === undefined || more.length > 0) return t.fail('one disk is replaced')
    const { voters } = logOf(newcomer)
    t.match(
      cluster.safety.committed.voters.find(({ id }) => id === newcomer.id),
      { directoryId: String },
    )
    t.strictSame(
      voters.find(({ id }) => id === newcomer.id),
      { id: newcomer.id },
    )
    const away = cluster.nodes.find(
      (node) => voters.some(({ id }) => id === node.id) && logOf(node).endOffset === 0,
    )
    t.ok(away)
  },
)

t.test('no disk is lost that the committed voters do not name', async (t) => {
  const context = await started()
  const { cluster } = context
  t.ok(await cluster.run(10_000, () => cluster.leader !== undefined))
  joinHalfway(context)
  t.equal(cluster.reach.disksReplaced, 0)
})
