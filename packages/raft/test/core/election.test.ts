import t from 'tap'
import type { VoteRequest, VoteResponse } from '../../src/messages.ts'
import { CoreHarness, replies, requests, writes } from './harness.ts'

const vote = (overrides: Partial<VoteRequest> = {}): VoteRequest => ({
  type: 'vote',
  clusterId: 'c',
  epoch: 1,
  candidateId: 2,
  candidateDirectoryId: 'd2',
  voterId: 1,
  voterDirectoryId: 'd1',
  lastEpoch: 0,
  endOffset: 0,
  preVote: false,
  ...overrides,
})
const granted = (effects: Parameters<typeof replies>[0]): boolean =>
  (replies(effects)[0] as VoteResponse).granted

t.test('a voter without a leader asks for pre-votes in the epoch it is in, and writes nothing', async (t) => {
  const node = new CoreHarness()
  const effects = node.at(node.core.deadlineMs)
  t.equal(node.core.role, 'prospective')
  t.same(
    requests(effects).map(({ to, request }) => [to, request.epoch, (request as VoteRequest).preVote]),
    [
      [2, 0, true],
      [3, 0, true],
    ],
  )
  t.same(writes(effects), [])
})

t.test('a candidate writes its new epoch and its vote for itself before it asks anyone', async (t) => {
  const node = new CoreHarness()
  const asked = node.at(node.core.deadlineMs)
  const stood = node.answer(asked, 2, { type: 'vote', epoch: 0, granted: true })
  t.equal(node.core.role, 'candidate')
  t.same(writes(stood), [{ hardState: { epoch: 1, vote: { id: 1, directoryId: 'd1' } } }])
  const write = stood.find((effect) => effect.type === 'write')
  const sent = stood.filter((effect) => effect.type === 'request')
  t.equal(sent.length, 2)
  t.ok(sent.every((effect) => effect.after === write?.id))
})

t.test('a candidate with a majority leads, and appends a leader change record first', async (t) => {
  const node = new CoreHarness()
  const effects = node.lead()
  t.equal(node.core.role, 'leader')
  const [first] = writes(effects).flatMap((write) => write.batches ?? [])
  t.equal(first?.epoch, 1)
  t.equal(first?.attributes, 1)
  t.match(new TextDecoder().decode(first?.payload), /"type":2.*"leaderId":1/)
  t.same(
    requests(effects).map(({ to, request }) => [to, request.type]),
    [
      [2, 'begin-quorum-epoch'],
      [3, 'begin-quorum-epoch'],
    ],
  )
})

t.test('a sole voter leads once its vote for itself is durable, and not before', async (t) => {
  const node = new CoreHarness({ voters: [1] })
  const stood = node.at(0)
  t.equal(node.core.role, 'candidate')
  node.written(stood)
  t.equal(node.core.role, 'leader')
})

t.test('a vote is written before it is answered', async (t) => {
  const node = new CoreHarness()
  const effects = node.request(vote())
  t.same(writes(effects).at(-1), { hardState: { epoch: 1, vote: { id: 2, directoryId: 'd2' } } })
  const lastWrite = effects.findLast((effect) => effect.type === 'write')
  const reply = effects.find((effect) => effect.type === 'reply')
  t.equal(reply?.after, lastWrite?.id)
  t.ok(granted(effects))
})

t.test('a voter votes once in an epoch, also after a restart', async (t) => {
  const node = new CoreHarness()
  t.ok(granted(node.request(vote())))
  t.notOk(granted(node.request(vote({ candidateId: 3, candidateDirectoryId: 'd3' }))))
  t.ok(granted(node.request(vote())), 'the same candidate may ask again')

  const restarted = new CoreHarness({ hardState: { epoch: 1, vote: { id: 2, directoryId: 'd2' } } })
  t.notOk(granted(restarted.request(vote({ candidateId: 3, candidateDirectoryId: 'd3' }))))
  t.notOk(granted(restarted.request(vote({ candidateDirectoryId: 'a new disk' }))))
  t.ok(granted(restarted.request(vote())))
})

t.test(
  'a voter refuses a candidate whose log is behind its own, and adopts its epoch all the same',
  async (t) => {
    const start = { endOffset: 5, epochs: [{ epoch: 2, startOffset: 0 }] }
    const node = new CoreHarness(start)
    t.notOk(granted(node.request(vote({ epoch: 7, lastEpoch: 2, endOffset: 4 }))), 'shorter')
    t.notOk(granted(node.request(vote({ epoch: 7, lastEpoch: 1, endOffset: 9 }))), 'older')
    t.equal(node.core.epoch, 7)
    t.ok(granted(node.request(vote({ epoch: 7, lastEpoch: 2, endOffset: 5 }))))
  },
)

t.test(
  'a follower that hears its leader refuses pre-votes; once the leader is gone it grants them',
  async (t) => {
    const node = new CoreHarness()
    const fetching = node.follow(1)
    const preVote = vote({ candidateId: 3, preVote: true })
    t.notOk(granted(node.request(preVote)))
    const fetch = fetching.find((effect) => effect.type === 'request')
    node.step({ type: 'failure', correlationId: fetch?.correlationId ?? 0, reason: 'refused' })
    t.ok(granted(node.request(preVote)))
    t.equal(node.core.role, 'follower', 'granting a pre-vote changes nothing')
  },
)

t.test(
  'a refused connection to the leader starts a pre-vote within the jitter, not after the timeout',
  async (t) => {
    const node = new CoreHarness()
    const fetching = node.follow(1)
    const fetch = fetching.find((effect) => effect.type === 'request')
    node.step({ type: 'failure', correlationId: fetch?.correlationId ?? 0, reason: 'refused' })
    t.ok(node.core.deadlineMs <= 50)
    node.at(50)
    t.equal(node.core.role, 'prospective')
  },
)

t.test('a majority that still hears the leader sends a prospective node back to it', async (t) => {
  const node = new CoreHarness()
  node.follow(1)
  const asked = node.at(2_000)
  t.equal(node.core.role, 'prospective')
  node.answer(asked, 2, { type: 'vote', epoch: 1, leaderId: 2, granted: false })
  node.answer(asked, 3, { type: 'vote', epoch: 1, leaderId: 2, granted: false })
  t.equal(node.core.role, 'follower')
  t.equal(node.core.leaderId, 2)
  t.equal(node.core.epoch, 1, 'nobody was disturbed by a new epoch')
})

t.test('a node that led does not lead the same epoch again after a restart', async (t) => {
  const start = { endOffset: 1, epochs: [{ epoch: 4, startOffset: 0 }] }
  const node = new CoreHarness({ ...start, hardState: { epoch: 4, vote: { id: 1, directoryId: 'd1' } } })
  t.equal(node.core.role, 'unattached')
  node.lead()
  t.equal(node.core.role, 'leader')
  t.equal(node.core.epoch, 5)
})

t.test(
  'an observer does not stand, and votes only for who knows it as a voter on the disk it has',
  async (t) => {
    const observer = new CoreHarness({ config: { id: 7, directoryId: 'd7' } })
    const { voterDirectoryId: _, ...byId } = vote({ voterId: 7 })
    t.notOk(granted(observer.request(byId)), 'whoever knows only its id may mean an earlier disk')
    t.match(replies(observer.request(vote({ voterId: 7, voterDirectoryId: 'd' }))), [
      { error: 'INVALID_VOTER_KEY', granted: false },
    ])
    t.ok(granted(observer.request(vote({ voterId: 7, voterDirectoryId: 'd7' }))), 'its own log may be behind')
    observer.at(10_000)
    t.equal(observer.core.role, 'unattached')
  },
)

t.test('a message of another cluster changes nothing', async (t) => {
  const node = new CoreHarness()
  const effects = node.request(vote({ clusterId: 'other', epoch: 9 }))
  t.match(replies(effects), [{ error: 'INCONSISTENT_CLUSTER_ID' }])
  t.equal(node.core.epoch, 0)
})
