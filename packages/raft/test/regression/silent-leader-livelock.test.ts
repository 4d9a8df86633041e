import t from 'tap'
import { CoreHarness } from '../core/harness.ts'

t.test(
  'a node that lost its leader and found no majority grants pre-votes until that leader answers',
  async (t) => {
    const node = new CoreHarness()
    node.follow(1)
    const asked = node.at(2_000)
    t.equal(node.core.role, 'prospective')
    node.answer(asked, 2, { type: 'vote', epoch: 1, leaderId: 2, granted: false })
    const fetching = node.answer(asked, 3, { type: 'vote', epoch: 1, leaderId: 2, granted: false })
    t.equal(node.core.role, 'follower', 'it waits for the leader again')

    const preVote = {
      type: 'vote',
      clusterId: 'c',
      epoch: 1,
      candidateId: 3,
      candidateDirectoryId: 'd3',
      voterId: 1,
      lastEpoch: 0,
      endOffset: 0,
      preVote: true,
    } as const
    const isGranted = (): boolean =>
      node
        .request(preVote)
        .some(
          (effect) => effect.type === 'reply' && effect.response.type === 'vote' && effect.response.granted,
        )
    t.ok(isGranted(), 'the others lost it too, a moment later')

    node.answer(fetching, 2, { type: 'fetch', epoch: 1, leaderId: 2, highWatermark: 0, batches: [] })
    t.notOk(isGranted(), 'it is back')
  },
)
