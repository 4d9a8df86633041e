import t from 'tap'
import { CoreHarness, requests } from './harness.ts'

const payload = { payload: new Uint8Array([1]), count: 1, attributes: 0, timestampMs: 0 }

t.test(
  'a leader resigns for the chosen voter as soon as that one holds everything and it is committed',
  async (t) => {
    const node = new CoreHarness()
    node.lead()
    node.fetchFrom(2, 1, 1)
    node.written(node.step({ type: 'propose', payload }))
    node.fetchFrom(2, 2, 1)
    node.step({ type: 'transfer', to: 3 })
    t.equal(node.core.transferringTo, 3)
    t.equal(node.core.role, 'leader', 'node 3 lacks something')
    const effects = node.fetchFrom(3, 2, 1)
    t.equal(node.core.role, 'resigned')
    t.match(
      requests(effects).filter(({ to }) => to === 3),
      [{ request: { type: 'end-quorum-epoch', preferredSuccessors: [3, 2] } }],
      'node 3 stands first although node 2 has as much',
    )
  },
)

t.test('a transfer to a voter that does not catch up is taken back, and the leader goes on', async (t) => {
  const node = new CoreHarness()
  node.lead()
  node.step({ type: 'transfer', to: 3 })
  const startedMs = node.nowMs
  node.fetchFrom(2, 1, 1)
  const effects = node.at(startedMs + 1_000)
  t.equal(node.core.role, 'leader')
  t.equal(node.core.transferringTo, undefined)
  t.match(
    effects.filter((effect) => effect.type === 'transfer-taken-back'),
    [{ to: 3 }],
  )
})
