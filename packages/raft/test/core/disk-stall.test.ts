import t from 'tap'
import { CoreHarness, requests } from './harness.ts'

const payload = { payload: new Uint8Array(1), count: 1, attributes: 0, timestampMs: 0 }

/** A leader whose voters 2 and 3 fetch, with everything before offset 1 on every disk. */
function leader(): CoreHarness {
  const node = new CoreHarness()
  node.lead()
  return node
}

/** Both others fetch, so that they could go on alone; node 3 holds more. */
function othersFetch(node: CoreHarness): void {
  node.fetchFrom(2, 1, 1)
  node.fetchFrom(3, 2, 1)
}

t.test('a leader whose write does not finish in time gives up in favour of who holds the most', async (t) => {
  const node = leader()
  node.step({ type: 'propose', payload })
  othersFetch(node)
  const began = node.nowMs
  node.nowMs = began + 1_000
  othersFetch(node)
  const effects = node.at(began + 2_000)
  t.equal(node.core.role, 'resigned')
  t.ok(effects.some(({ type }) => type === 'disk-stalled'))
  t.match(requests(effects)[0]?.request, { type: 'end-quorum-epoch', preferredSuccessors: [3, 2] })
})

t.test('a disk that is slow but goes on is none that stalls', async (t) => {
  const node = leader()
  const first = node.step({ type: 'propose', payload })
  const began = node.nowMs
  const second = node.step({ type: 'propose', payload })
  node.nowMs = began + 1_900
  othersFetch(node)
  node.written(first)
  node.nowMs = began + 3_800
  othersFetch(node)
  node.at(began + 3_801)
  t.equal(node.core.role, 'leader', 'each write took less than the limit once it was the next')
  node.written(second)
  t.equal(node.core.role, 'leader')
})

t.test('a leader whose disk stalls stays while the others could not go on without it', async (t) => {
  const node = leader()
  node.step({ type: 'propose', payload })
  const began = node.nowMs
  node.nowMs = began + 1_000
  node.fetchFrom(2, 1, 1)
  node.at(began + 2_000)
  t.equal(node.core.role, 'leader', 'one other of three is no majority')
  t.ok(node.core.deadlineMs > node.nowMs, 'and looks again later')
  node.nowMs = began + 2_500
  othersFetch(node)
  node.at(began + 3_000)
  t.equal(node.core.role, 'resigned')
})
