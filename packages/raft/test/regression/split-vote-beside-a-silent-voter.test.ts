import t from 'tap'
import type { VoteRequest, VoteResponse } from '../../src/messages.ts'
import { CoreHarness, replies, requests } from '../core/harness.ts'

// A leader that falls silent is missed by both its followers within a millisecond. Its own vote, which would decide between
// them, only fails when the request for it times out: an election that split took seconds.

const preVote = (candidateId: number, overrides: Partial<VoteRequest> = {}): VoteRequest => ({
  type: 'vote',
  clusterId: 'c',
  epoch: 1,
  candidateId,
  candidateDirectoryId: `d${candidateId}`,
  voterId: candidateId === 1 ? 3 : 1,
  lastEpoch: 0,
  endOffset: 0,
  preVote: true,
  ...overrides,
})
const isGranted = (effects: Parameters<typeof replies>[0]): boolean =>
  (replies(effects)[0] as VoteResponse).granted

/** A follower of node 2 that has just lost it, and asks the others for pre-votes. */
function prospective(id: number): CoreHarness {
  const node = new CoreHarness({ config: { id, directoryId: `d${id}` } })
  node.follow(1)
  node.at(2_000)
  t.equal(node.core.role, 'prospective')
  return node
}

t.test(
  'of two that stand at the same time with equal logs, only the one with the lower id may win',
  async (t) => {
    t.notOk(isGranted(prospective(1).request(preVote(3))))
    t.ok(isGranted(prospective(3).request(preVote(1))))
  },
)

t.test('one that stands gives way to a longer log, whatever the ids', async (t) => {
  t.ok(isGranted(prospective(1).request(preVote(3, { lastEpoch: 1, endOffset: 1 }))))
})

t.test(
  'a follower that is about to give its leader up grants a pre-vote, and stands back for a while',
  async (t) => {
    const node = new CoreHarness()
    node.follow(1)
    node.at(1_400)
    t.notOk(isGranted(node.request(preVote(3))), 'it has heard its leader lately')
    node.at(1_990)
    t.ok(isGranted(node.request(preVote(3))))
    node.at(2_030)
    t.equal(node.core.role, 'follower', 'the other one has a head start')
    node.at(2_100)
    t.equal(node.core.role, 'prospective')
  },
)

t.test('a voter that refused and then stands itself is asked again', async (t) => {
  const node = new CoreHarness({ endOffset: 1, epochs: [{ epoch: 1, startOffset: 0 }] })
  node.follow(1)
  const asked = node.at(2_000)
  node.answer(asked, 3, { type: 'vote', epoch: 1, leaderId: 2, granted: false })
  const effects = node.request(preVote(3))
  t.notOk(isGranted(effects), 'its log is shorter')
  t.match(requests(effects), [{ to: 3, request: { type: 'vote', preVote: true } }])
  node.answer(effects, 3, { type: 'vote', epoch: 1, granted: true })
  t.equal(node.core.role, 'candidate')
})

t.test('a candidate that was turned down does not wait for a voter that says nothing', async (t) => {
  const node = new CoreHarness()
  const asked = node.at(node.core.deadlineMs)
  const stood = node.answer(asked, 3, { type: 'vote', epoch: 0, granted: true })
  node.written(stood)
  t.equal(node.core.role, 'candidate')
  node.answer(stood, 3, { type: 'vote', epoch: 1, granted: false })
  t.equal(node.core.deadlineMs - node.nowMs, 75, 'the jitter, and half of it by chance')
  node.at(node.core.deadlineMs)
  t.equal(node.core.role, 'unattached')
})
