import t from 'tap'
import { batch, CoreHarness, fetched, replies, requests, voteRequest, writes } from './harness.ts'

/**
 * Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm" (extended version), rule by rule in the
 * paper's order. Followers pull here, as in Kafka: a fetch stands for the answer to AppendEntries, and its offset and
 * last epoch for prevLogIndex and prevLogTerm.
 */

const payload = { payload: new Uint8Array([1]), count: 1, attributes: 0, timestampMs: 0 }

t.test('§5.1: a server with a smaller term adopts the larger one', async (t) => {
  const node = new CoreHarness()
  const effects = node.request({ ...voteRequest, epoch: 7 })
  t.equal(node.core.epoch, 7)
  t.match(writes(effects)[0], { hardState: { epoch: 7 } })
})

t.test('§5.1: a leader that hears of a larger term gives up', async (t) => {
  const node = new CoreHarness()
  node.lead()
  node.request({ ...voteRequest, epoch: 9 })
  t.equal(node.core.role, 'unattached')
  t.equal(node.core.epoch, 9)
})

t.test('§5.1: a request with a stale term is refused', async (t) => {
  const node = new CoreHarness({ hardState: { epoch: 4 } })
  t.match(replies(node.request({ ...voteRequest, epoch: 3 })), [
    { granted: false, error: 'FENCED_LEADER_EPOCH', epoch: 4 },
  ])
})

t.test('§5.1: term and vote are on stable storage before the answer leaves', async (t) => {
  const node = new CoreHarness()
  const effects = node.request(voteRequest)
  const write = effects.findLast((effect) => effect.type === 'write')
  const reply = effects.find((effect) => effect.type === 'reply')
  t.match(write, { write: { hardState: { epoch: 1, vote: { id: 2 } } } })
  t.equal(reply?.after, write?.id)
})

t.test('§5.2: a follower that hears from its leader stays a follower', async (t) => {
  const node = new CoreHarness()
  let fetching = node.follow(1)
  for (const ms of [1_900, 3_800, 5_700]) {
    node.at(ms)
    fetching = node.answer(fetching, 2, fetched(1, []))
    t.equal(node.core.role, 'follower')
  }
})

t.test(
  '§5.2: to begin an election a server increments its term, votes for itself, and asks the others',
  async (t) => {
    const node = new CoreHarness()
    const asked = node.at(node.core.deadlineMs)
    const stood = node.answer(asked, 2, { type: 'vote', epoch: 0, granted: true })
    t.equal(node.core.role, 'candidate')
    t.match(writes(stood), [{ hardState: { epoch: 1, vote: { id: 1 } } }])
    t.match(requests(stood), [
      { to: 2, request: { type: 'vote', epoch: 1, preVote: false } },
      { to: 3, request: { type: 'vote', epoch: 1, preVote: false } },
    ])
  },
)

t.test('§5.2: a candidate with the votes of a majority leads', async (t) => {
  const node = new CoreHarness()
  node.lead()
  t.equal(node.core.role, 'leader')
})

t.test('§5.2: a server votes for one candidate in a term, first come first served', async (t) => {
  const node = new CoreHarness()
  t.match(replies(node.request(voteRequest)), [{ granted: true }])
  t.match(replies(node.request({ ...voteRequest, candidateId: 3, candidateDirectoryId: 'd3' })), [
    { granted: false },
  ])
  t.match(replies(node.request(voteRequest)), [{ granted: true }], 'the same candidate may ask again')
})

t.test('§5.2: a candidate that hears of a leader of its term follows it', async (t) => {
  const node = new CoreHarness()
  node.answer(node.at(node.core.deadlineMs), 2, { type: 'vote', epoch: 0, granted: true })
  node.request({ type: 'begin-quorum-epoch', clusterId: 'c', epoch: 1, leaderId: 3, voterId: 1 })
  t.equal(node.core.role, 'follower')
  t.equal(node.core.leaderId, 3)
})

t.test('§5.2: a candidate whose vote is split stands again', async (t) => {
  const node = new CoreHarness()
  const stood = node.answer(node.at(node.core.deadlineMs), 2, { type: 'vote', epoch: 0, granted: true })
  const durable = node.written(stood)
  const asked = [...stood, ...durable]
  node.answer(asked, 2, { type: 'vote', epoch: 1, granted: false })
  node.answer(asked, 3, { type: 'vote', epoch: 1, granted: false })
  t.equal(node.core.role, 'unattached')
  node.at(node.core.deadlineMs)
  t.equal(node.core.role, 'prospective')
})

t.test('§5.3: a leader never overwrites or deletes entries of its own log, it only appends', async (t) => {
  const node = new CoreHarness({
    endOffset: 2,
    epochs: [{ epoch: 1, startOffset: 0 }],
    hardState: { epoch: 1 },
  })
  const won = node.lead()
  t.match(writes(won), [{ batches: [{ baseOffset: 2, epoch: 2 }] }])
  t.match(writes(node.step({ type: 'propose', payload })), [{ batches: [{ baseOffset: 3, epoch: 2 }] }])
})

t.test(
  '§5.3: the consistency check: a log that differs before the offset is told where, and given nothing',
  async (t) => {
    const node = new CoreHarness({
      endOffset: 4,
      epochs: [{ epoch: 1, startOffset: 0 }],
      hardState: { epoch: 1 },
    })
    node.lead()
    const [answer] = replies(node.fetchFrom(2, 4, 7))
    t.match(answer, { divergingEpoch: {}, batches: [] })
  },
)

t.test('§5.3: a follower removes what conflicts with its leader, and nothing before it', async (t) => {
  const node = new CoreHarness({
    endOffset: 5,
    epochs: [{ epoch: 1, startOffset: 0 }],
    hardState: { epoch: 1 },
  })
  const fetching = node.follow(2)
  const cut = node.answer(fetching, 2, { ...fetched(2, []), divergingEpoch: { epoch: 1, endOffset: 3 } })
  t.match(writes(cut), [{ truncateTo: 3 }])
})

t.test(
  '§5.3: an entry is committed once a majority stores it, and followers learn of it with the next answer',
  async (t) => {
    const node = new CoreHarness()
    node.lead()
    node.fetchFrom(2, 1, 1)
    t.equal(node.core.highWatermark, 1)
    const follower = new CoreHarness()
    const fetching = follower.follow(1)
    const received = follower.answer(fetching, 2, fetched(1, [batch(0, 1)], 1))
    t.equal(follower.core.highWatermark, 0)
    follower.written(received)
    t.equal(follower.core.highWatermark, 1)
  },
)

t.test('§5.4.1: a voter refuses a candidate whose last term is smaller', async (t) => {
  const node = new CoreHarness({
    endOffset: 1,
    epochs: [{ epoch: 3, startOffset: 0 }],
    hardState: { epoch: 3 },
  })
  const request = { ...voteRequest, epoch: 4, lastEpoch: 2, endOffset: 99 }
  t.match(replies(node.request(request)), [{ granted: false }])
})

t.test('§5.4.1: with the same last term, the longer log is more up to date', async (t) => {
  const start = { endOffset: 5, epochs: [{ epoch: 3, startOffset: 0 }], hardState: { epoch: 3 } }
  const request = { ...voteRequest, epoch: 4, lastEpoch: 3 }
  t.match(replies(new CoreHarness(start).request({ ...request, endOffset: 4 })), [{ granted: false }])
  t.match(replies(new CoreHarness(start).request({ ...request, endOffset: 5 })), [{ granted: true }])
})

t.test(
  '§5.4.2, Figure 8: an entry of an earlier term is committed by one of the own term, never by counting',
  async (t) => {
    const node = new CoreHarness({
      endOffset: 3,
      epochs: [{ epoch: 1, startOffset: 0 }],
      hardState: { epoch: 1 },
    })
    node.lead()
    node.fetchFrom(2, 3, 1)
    node.fetchFrom(3, 3, 1)
    t.equal(node.core.highWatermark, 0, 'everyone holds what epoch 1 wrote, and nothing of it is committed')
    node.fetchFrom(2, 4, 2)
    t.equal(node.core.highWatermark, 4)
  },
)

t.test('§5.5: a request may come twice: the second one changes nothing', async (t) => {
  const node = new CoreHarness()
  node.request(voteRequest)
  const again = node.request(voteRequest)
  t.match(replies(again), [{ granted: true }])
  t.same(writes(again), [])
})

t.test(
  '§8: a leader begins its term with an entry of its own, so that it learns what is committed',
  async (t) => {
    const node = new CoreHarness()
    const won = node.lead()
    const [write] = writes(won)
    const record: unknown = JSON.parse(new TextDecoder().decode(write?.batches?.[0]?.payload))
    t.match(record, { type: 2, leaderId: 1 })
  },
)
