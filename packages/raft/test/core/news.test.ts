import t from 'tap'
import { CoreHarness, replies } from './harness.ts'

const payload = { payload: new Uint8Array([1]), count: 1, attributes: 0, timestampMs: 0 }

t.test('a follower is told of a commit once nothing was proposed because of it', async (t) => {
  const node = new CoreHarness()
  node.lead()
  t.notOk(node.core.hasUntoldCommits)
  const committed = node.fetchFrom(2, 1, 1)
  t.equal(node.core.highWatermark, 1)
  t.same(replies(committed), [], 'the fetch that brought the commit about waits a moment')
  t.ok(node.core.hasUntoldCommits)
  t.match(replies(node.step({ type: 'settled' })), [{ highWatermark: 1, batches: [] }])
  t.notOk(node.core.hasUntoldCommits)
})

t.test('a proposal that a commit set off carries the news, and no answer is spent on it', async (t) => {
  const node = new CoreHarness()
  node.lead()
  node.fetchFrom(2, 1, 1)
  t.match(replies(node.step({ type: 'propose', payload })), [{ highWatermark: 1 }])
  t.notOk(node.core.hasUntoldCommits)
  t.same(replies(node.step({ type: 'settled' })), [])
})
