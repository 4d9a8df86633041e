import t from 'tap'
import { NodeModel } from './node-model.ts'
import { clone, fingerprint, loadOpenCore } from './open-core.ts'
import { search } from './search.ts'
import { checkNodes, type History } from './state-rules.ts'

const empty: History = { key: '', leaders: {}, committed: [] }

t.test('no state within a few events of the beginning breaks a rule', async (t) => {
  const result = await search({
    maxEpoch: 2,
    maxCrashes: 1,
    maxProposals: 1,
    maxTimeouts: 1,
    maxLosses: 0,
    maxMessages: 2,
    maxStates: 20_000,
  })
  t.ok(result.states >= 20_000)
  t.ok(result.reached.leaders > 0, 'leaders were elected')
  t.ok(result.reached.crashes > 0, 'processes crashed')
})

t.test('a copy of a core goes its own way, and is told apart by its fingerprint', async (t) => {
  const makeCore = await loadOpenCore()
  const node = NodeModel.create(1, makeCore)
  const before = fingerprint(node.core)
  const copy = clone(node.core)
  t.equal(fingerprint(copy), before)
  copy.step({ type: 'tick' }, { now: 10_000, wallTime: 0 })
  t.equal(copy.role, 'prospective')
  t.equal(node.core.role, 'unattached')
  t.equal(fingerprint(node.core), before)
  t.not(fingerprint(copy), before)
})

t.test('logs that part and meet again are found out', async (t) => {
  const makeCore = await loadOpenCore()
  const nodes = [1, 2, 3].map((id) => NodeModel.create(id, makeCore))
  const log = (...epochs: number[]) =>
    epochs.map((epoch, baseOffset) => ({
      baseOffset,
      count: 1,
      epoch,
      timestampMs: 0,
      attributes: 0,
      payload: new Uint8Array(1),
    }))
  const [a, b] = nodes as [NodeModel, NodeModel]
  a.batches = log(1, 2)
  b.batches = log(1, 1)
  t.doesNotThrow(() => checkNodes(nodes, empty))
  a.batches = log(1, 2, 3)
  b.batches = log(1, 1, 3)
  t.throws(() => checkNodes(nodes, empty), { code: 'INVARIANT_BROKEN' })
})

t.test('a commit that is gone from a majority of disks is found out', async (t) => {
  const makeCore = await loadOpenCore()
  const nodes = [1, 2, 3].map((id) => NodeModel.create(id, makeCore))
  t.throws(() => checkNodes(nodes, { ...empty, committed: [1] }), { code: 'INVARIANT_BROKEN' })
})
