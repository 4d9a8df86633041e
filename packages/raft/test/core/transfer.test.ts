import t from 'tap'
import type { EndQuorumEpochRequest } from '../../src/messages.ts'
import { CoreHarness, replies, requests } from './harness.ts'

const payload = { payload: new Uint8Array([1]), count: 1, attributes: 0, timestampMs: 0 }

/** Node 2, which led epoch 1, gives up. */
function goodbye(preferredSuccessors: readonly number[]): EndQuorumEpochRequest {
  return { type: 'end-quorum-epoch', clusterId: 'c', epoch: 1, leaderId: 2, preferredSuccessors }
}

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

t.test('the successor that the leader names first stands at once, without pre-votes', async (t) => {
  const node = new CoreHarness()
  node.follow(1)
  const effects = node.request(goodbye([1, 3]))
  t.equal(node.core.role, 'candidate')
  t.equal(node.core.epoch, 2)
  t.match(
    requests(effects).map(({ to, request }) => [to, request]),
    [
      [2, { type: 'vote', preVote: false, epoch: 2 }],
      [3, { type: 'vote', preVote: false, epoch: 2 }],
    ],
  )
})

t.test('the other voters leave the successor a head start, and ask for pre-votes if it fails', async (t) => {
  const node = new CoreHarness()
  node.follow(1)
  node.request(goodbye([3, 1]))
  t.equal(node.core.role, 'follower')
  const startMs = node.core.deadlineMs
  t.ok(startMs >= 50 && startMs <= 100, 'the jitter, and a random time within it')
  node.at(startMs)
  t.equal(node.core.role, 'prospective')
})

t.test('a goodbye that comes late, when another leader is followed, makes nobody stand', async (t) => {
  const node = new CoreHarness()
  node.follow(2)
  const effects = node.request(goodbye([1, 3]))
  t.match(replies(effects), [{ type: 'end-quorum-epoch', error: 'FENCED_LEADER_EPOCH' }])
  t.equal(node.core.role, 'follower')
  t.equal(node.core.epoch, 2)
})
