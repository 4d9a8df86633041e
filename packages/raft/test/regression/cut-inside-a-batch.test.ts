import t from 'tap'
import { CoreHarness, requests, writes } from '../core/harness.ts'

/**
 * A follower that has batches of epochs 6 and 9, and a leader whose log ends in epoch 8 before its own: where that ends
 * says nothing about epoch 6, and may lie inside a batch of it. The log refused that cut, and the node stopped.
 */
t.test('a follower without the epoch that the leader names cuts at the end of its own', async (t) => {
  const epochs = [
    { epoch: 6, startOffset: 10 },
    { epoch: 9, startOffset: 68 },
  ]
  const node = new CoreHarness({ hardState: { epoch: 9 }, endOffset: 123, epochs })
  const parted = { type: 'fetch', epoch: 10, leaderId: 2, highWatermark: 0, batches: [] } as const
  const asked = node.follow(10)
  const cut = node.answer(asked, 2, { ...parted, divergingEpoch: { epoch: 8, endOffset: 13 } })
  t.same(writes(cut), [{ truncateTo: 68 }])

  const next = node.written(cut)
  t.match(requests(next)[0]?.request, { fetchOffset: 68, lastFetchedEpoch: 6 })
  const again = node.answer(next, 2, { ...parted, divergingEpoch: { epoch: 6, endOffset: 12 } })
  t.same(writes(again), [{ truncateTo: 12 }], 'within the same epoch offsets compare')
})
