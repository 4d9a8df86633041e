import t from 'tap'
import { majorityOffset } from '../../src/core/high-watermark.ts'
import { batch, CoreHarness, fetched, replies, requests, writes } from './harness.ts'

const payload = { payload: new Uint8Array([1]), count: 1, attributes: 0, timestampMs: 0 }

t.test('a majority of durable ends decides, and only within the leader’s own epoch', async (t) => {
  t.equal(majorityOffset([9, 5, 3], 2), 5)
  t.equal(majorityOffset([9, 5, 4, 3], 2), 4, 'with four voters three must hold it')
  t.equal(majorityOffset([9], 2), 9)
  t.equal(majorityOffset([9, 5, 3], 5), undefined, 'what earlier epochs left is not committed by counting')
})

t.test('a batch is committed when a majority acknowledged it, the leader’s own disk included', async (t) => {
  const node = new CoreHarness()
  node.lead()
  t.equal(node.core.highWatermark, 0)
  node.fetchFrom(2, 1, 1)
  t.equal(node.core.highWatermark, 1, 'the leader change record')
  const proposed = node.step({ type: 'propose', payload })
  node.fetchFrom(2, 2, 1)
  t.equal(node.core.highWatermark, 1, 'node 2 holds it, this disk does not yet')
  const effects = node.written(proposed)
  t.same(
    effects.filter((effect) => effect.type === 'commit'),
    [{ type: 'commit', highWatermark: 2 }],
  )
})

t.test('an observer’s acknowledgement does not count', async (t) => {
  const node = new CoreHarness()
  node.lead()
  node.fetchFrom(9, 1, 1)
  t.equal(node.core.highWatermark, 0)
})

t.test('a fetch waits for news, and is answered when there is some or its time is up', async (t) => {
  const node = new CoreHarness()
  node.lead()
  const parked = node.fetchFrom(9, 1, 1)
  t.same(replies(parked), [])
  const proposed = node.step({ type: 'propose', payload })
  t.match(
    proposed.filter((effect) => effect.type === 'reply-batches'),
    [{ from: 1, response: { epoch: 1, leaderId: 1 } }],
  )
  t.same(replies(node.fetchFrom(9, 2, 1)), [])
  t.match(replies(node.at(node.nowMs + 500)), [{ type: 'fetch', batches: [] }])
})

t.test('a fetch from a log that differs is told where the two part', async (t) => {
  const epochs = [
    { epoch: 1, startOffset: 0 },
    { epoch: 3, startOffset: 4 },
  ]
  const node = new CoreHarness({ endOffset: 6, epochs })
  node.lead()
  t.match(replies(node.fetchFrom(2, 5, 2)), [{ divergingEpoch: { epoch: 1, endOffset: 4 } }])
  t.match(replies(node.fetchFrom(2, 5, 1)), [{ divergingEpoch: { epoch: 1, endOffset: 4 } }])
  t.match(replies(node.fetchFrom(2, 99, 4)), [{ divergingEpoch: { epoch: 4, endOffset: 7 } }])
  t.notMatch(replies(node.fetchFrom(2, 4, 1)), [{ divergingEpoch: {} }])
})

t.test('a fetch of another epoch is refused with the epoch that counts', async (t) => {
  const node = new CoreHarness()
  node.lead()
  const fetch = {
    type: 'fetch',
    clusterId: 'c',
    replicaId: 2,
    replicaDirectoryId: 'd2',
    fetchOffset: 0,
  } as const
  const rest = { lastFetchedEpoch: 0, highWatermark: 0, maxWaitMs: 0, readRound: 0 }
  t.match(replies(node.request({ ...fetch, ...rest, epoch: 0 })), [
    { error: 'FENCED_LEADER_EPOCH', epoch: 1, leaderId: 1 },
  ])
  t.match(replies(node.request({ ...fetch, ...rest, epoch: 2 })), [
    { error: 'UNKNOWN_LEADER_EPOCH', epoch: 1 },
  ])
})

t.test('a follower acknowledges a batch only after it is durable', async (t) => {
  const node = new CoreHarness()
  const fetching = node.follow(1)
  t.match(requests(fetching), [{ to: 2, request: { type: 'fetch', fetchOffset: 0 } }])
  const received = node.answer(fetching, 2, fetched(1, [batch(0, 1), batch(1, 1)], 1))
  t.same(requests(received), [], 'no next fetch while the write is under way')
  t.equal(node.core.highWatermark, 0, 'nor is anything applied that this disk could lose')
  const effects = node.written(received)
  t.match(requests(effects), [{ to: 2, request: { type: 'fetch', fetchOffset: 2, lastFetchedEpoch: 1 } }])
  t.equal(node.core.highWatermark, 1)
})

t.test('a follower cuts what the leader does not have, and asks again from there', async (t) => {
  const epochs = [
    { epoch: 1, startOffset: 0 },
    { epoch: 2, startOffset: 3 },
  ]
  const node = new CoreHarness({ endOffset: 5, epochs })
  const fetching = node.follow(4)
  t.match(requests(fetching), [{ request: { fetchOffset: 5, lastFetchedEpoch: 2 } }])
  const response = { ...fetched(4, []), divergingEpoch: { epoch: 1, endOffset: 3 } }
  const cut = node.answer(fetching, 2, response)
  t.same(writes(cut), [{ truncateTo: 3 }])
  t.match(requests(node.written(cut)), [{ request: { fetchOffset: 3, lastFetchedEpoch: 1 } }])
})

t.test('a cut below the high watermark stops the node', async (t) => {
  const node = new CoreHarness()
  const fetching = node.follow(1)
  const received = node.answer(fetching, 2, fetched(1, [batch(0, 1), batch(1, 1)], 2))
  const next = node.written(received)
  const response = { ...fetched(1, []), divergingEpoch: { epoch: 1, endOffset: 1 } }
  t.throws(() => node.answer(next, 2, response), { code: 'INVARIANT_BROKEN' })
})

t.test('a leader that no majority fetches from resigns and says so', async (t) => {
  const node = new CoreHarness()
  node.lead()
  const ledSinceMs = node.nowMs
  node.at(ledSinceMs + 1_000)
  node.fetchFrom(2, 1, 1)
  node.at(ledSinceMs + 3_000)
  t.equal(node.core.role, 'leader', 'node 2 fetched in the meantime')
  const effects = node.at(ledSinceMs + 4_000)
  t.equal(node.core.role, 'resigned')
  t.match(requests(effects), [
    { to: 2, request: { type: 'end-quorum-epoch', preferredSuccessors: [2, 3] } },
    { to: 3, request: { type: 'end-quorum-epoch' } },
  ])
})

t.test('a follower that is told where its log is another one is there all the same', async (t) => {
  const node = new CoreHarness()
  node.lead()
  const ledSinceMs = node.nowMs
  node.at(ledSinceMs + 1_000)
  t.match(replies(node.fetchFrom(2, 7, 1)), [{ divergingEpoch: { epoch: 1, endOffset: 1 } }])
  node.at(ledSinceMs + 3_000)
  t.equal(node.core.role, 'leader', 'node 2 fetched in the meantime')
  t.equal(node.core.highWatermark, 0, 'and acknowledged nothing')
})

t.test('fetches that wait are refused as soon as leadership ends', async (t) => {
  const node = new CoreHarness()
  node.lead()
  node.fetchFrom(9, 1, 1)
  const effects = node.step({ type: 'resign' })
  t.match(replies(effects), [{ type: 'fetch', error: 'NOT_LEADER', epoch: 1 }])
})

t.test('an observer finds the leader by asking a voter', async (t) => {
  const node = new CoreHarness({ config: { id: 9 } })
  const asked = node.at(0)
  const [question] = requests(asked)
  t.match(question, { request: { type: 'fetch', maxWaitMs: 0 } })
  const answer = {
    type: 'fetch',
    error: 'NOT_LEADER',
    epoch: 3,
    leaderId: 2,
    highWatermark: 0,
    batches: [],
  } as const
  const effects = node.answer(asked, question?.to ?? 0, answer)
  t.equal(node.core.role, 'follower')
  t.match(requests(node.written(effects)), [{ to: 2, request: { type: 'fetch', epoch: 3 } }])
})

t.test('two leaders in one epoch stop the node that sees them', async (t) => {
  const node = new CoreHarness()
  node.lead()
  const intruder = { type: 'begin-quorum-epoch', clusterId: 'c', epoch: 1, leaderId: 3, voterId: 1 } as const
  t.throws(() => node.request(intruder), { code: 'INVARIANT_BROKEN' })
})
