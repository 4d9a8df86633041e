import t from 'tap'
import type { Effect } from '../../src/core/effects.ts'
import { CoreHarness, batch, fetched, replies, requests } from './harness.ts'

const readLease = { durationMs: 500, maxClockDriftRatio: 0.25 }

/** A fetch of `replica` that promises `leaseMs`. */
function fetchWithLease(
  node: CoreHarness,
  replica: number,
  fetchOffset: number,
  readRound: number,
  leaseMs = 500,
) {
  return node.request({
    type: 'fetch',
    clusterId: 'c',
    epoch: node.core.epoch,
    replicaId: replica,
    replicaDirectoryId: `d${replica}`,
    fetchOffset,
    lastFetchedEpoch: fetchOffset === 0 ? 0 : node.core.epoch,
    highWatermark: node.core.highWatermark,
    maxWaitMs: 500,
    readRound,
    leaseMs,
  })
}

/** The round that the last fetch response among `effects` names. */
function roundIn(effects: readonly Effect[]): number {
  const response = replies(effects).findLast(({ type }) => type === 'fetch')
  return response?.type === 'fetch' ? (response.readRound ?? -1) : -1
}

/** A leader whose node 2 has told it, 50 ms later, that it took in what was sent at `sentMs`. */
function leased(): { node: CoreHarness; sentMs: number } {
  const node = new CoreHarness({ config: { readLease } })
  node.lead()
  node.nowMs += 100
  const sentMs = node.nowMs
  const round = roundIn(fetchWithLease(node, 2, 0, 0))
  node.nowMs += 50
  fetchWithLease(node, 2, 1, round)
  return { node, sentMs }
}

const read = (node: CoreHarness, readId = 1): Effect[] => node.step({ type: 'read', readId })
const answered = (effects: readonly Effect[]): boolean => effects.some(({ type }) => type === 'read-index')

t.test('a leader answers a read at once while a majority is bound', async (t) => {
  const { node } = leased()
  t.same(read(node), [{ type: 'read-index', readId: 1, offset: 1 }])
})

t.test(
  'a lease is counted from when the round was sent, and is shorter by the drift of the clocks',
  async (t) => {
    const { node, sentMs } = leased()
    node.nowMs = sentMs + 399
    t.ok(answered(read(node, 1)), '500 ms divided by 1.25')
    node.nowMs = sentMs + 400
    t.notOk(answered(read(node, 2)), 'then it asks')
  },
)

t.test('a follower that promises nothing is not counted', async (t) => {
  const node = new CoreHarness({ config: { readLease } })
  node.lead()
  const round = roundIn(node.fetchFrom(2, 0, 0))
  node.fetchFrom(2, 1, 1, round)
  t.notOk(answered(read(node)))
})

t.test('a leader that leads no more answers nothing by its lease', async (t) => {
  const { node } = leased()
  node.request({
    type: 'vote',
    clusterId: 'c',
    epoch: node.core.epoch + 1,
    candidateId: 3,
    candidateDirectoryId: 'd3',
    voterId: 1,
    lastEpoch: 1,
    endOffset: 5,
    preVote: false,
  })
  t.equal(node.core.role, 'unattached')
  t.throws(() => read(node), /only a leader/)
})

/** A follower of node 2 in epoch 1 that took in a response at 1,000 ms, so that it is bound until 1,500 ms. */
function bound(): CoreHarness {
  const node = new CoreHarness({ config: { readLease } })
  const effects = node.follow(1)
  node.nowMs = 1_000
  node.written(node.answer(effects, 2, fetched(1, [batch(0, 1)])))
  return node
}

const voteFor = (node: CoreHarness, epoch: number, preVote: boolean): Effect[] =>
  node.request({
    type: 'vote',
    clusterId: 'c',
    epoch,
    candidateId: 3,
    candidateDirectoryId: 'd3',
    voterId: 1,
    lastEpoch: 1,
    endOffset: 5,
    preVote,
  })

t.test('a follower tells its leader in every fetch what it promises', async (t) => {
  const node = new CoreHarness({ config: { readLease } })
  t.match(requests(node.follow(1)), [{ request: { type: 'fetch', leaseMs: 500 } }])
  const without = new CoreHarness()
  t.notOk('leaseMs' in (requests(without.follow(1))[0]?.request ?? {}))
})

t.test('a bound follower votes for nobody, and does not enter the epoch of who asks', async (t) => {
  const node = bound()
  node.nowMs = 1_499
  t.match(replies(voteFor(node, 7, false)), [{ granted: false, epoch: 1, leaderId: 2 }])
  t.match(replies(voteFor(node, 7, true)), [{ granted: false, epoch: 1 }])
  t.equal(node.core.role, 'follower')
  node.nowMs = 1_500
  const effects = voteFor(node, 7, false)
  t.match(replies(effects), [{ granted: true, epoch: 7 }])
})

t.test('a refused connection does not end a promise: the node stands when it is over', async (t) => {
  const node = bound()
  const fetch = node.at(1_000).findLast((effect) => effect.type === 'request')
  const correlationId = fetch?.type === 'request' ? fetch.correlationId : 2
  node.step({ type: 'failure', correlationId, reason: 'refused' })
  node.at(1_499)
  t.equal(node.core.role, 'follower')
  node.at(1_530)
  t.equal(node.core.role, 'prospective')
})

t.test('a leader that says goodbye sets its followers free', async (t) => {
  const node = bound()
  node.request({
    type: 'end-quorum-epoch',
    clusterId: 'c',
    epoch: 1,
    leaderId: 2,
    preferredSuccessors: [3, 1],
  })
  t.match(replies(voteFor(node, 2, false)), [{ granted: true }])
})

t.test('a node that starts is bound for as long as it may have promised before', async (t) => {
  const config = { readLease, electionTimeoutMs: 100 }
  const node = new CoreHarness({ config, hardState: { epoch: 3 } })
  t.ok(node.core.deadlineMs >= 500, 'it does not stand before')
  t.match(replies(voteFor(node, 4, false)), [{ granted: false, epoch: 3 }])
  node.nowMs = 500
  t.match(replies(voteFor(node, 4, false)), [{ granted: true, epoch: 4 }])
})

t.test('a node that was in no epoch yet promised nothing', async (t) => {
  const node = new CoreHarness({ config: { readLease } })
  t.match(replies(voteFor(node, 1, false)), [{ granted: true }])
})
