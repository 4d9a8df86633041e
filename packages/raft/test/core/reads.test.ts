import t from 'tap'
import type { Effect } from '../../src/core/effects.ts'
import type { FetchResponse } from '../../src/messages.ts'
import { batch, CoreHarness, fetched, replies, requests } from './harness.ts'

const payload = { payload: new Uint8Array([1]), count: 1, attributes: 0, timestampMs: 0 }
const indexes = (effects: readonly Effect[]): unknown[] =>
  effects.flatMap((effect) => (effect.type === 'read-index' ? [[effect.readId, effect.offset]] : []))
const readIndex = { type: 'read-index', clusterId: 'c', epoch: 1 } as const

/** A leader of epoch 1 whose own epoch is committed, with both followers waiting for news. */
function settledLeader(): CoreHarness {
  const node = new CoreHarness()
  node.lead()
  node.fetchFrom(2, 1, 1)
  node.fetchFrom(3, 1, 1)
  return node
}

t.test('a read goes ahead once a majority has echoed its round', async (t) => {
  const node = settledLeader()
  const asked = node.step({ type: 'read', readId: 7 })
  t.same(indexes(asked), [], 'the leader alone cannot know that it still leads')
  t.match(replies(asked), [{ readRound: 1 }, { readRound: 1 }], 'it asks those that wait at once')
  t.same(indexes(node.fetchFrom(2, 1, 1)), [], 'a fetch that was sent before does not count')
  t.same(indexes(node.fetchFrom(2, 1, 1, 1)), [[7, 1]])
})

t.test('reads that come together share a round; one that comes after it was sent does not', async (t) => {
  const node = new CoreHarness()
  node.lead()
  node.fetchFrom(2, 1, 1)
  node.at(node.nowMs + 500)
  node.step({ type: 'read', readId: 1 })
  node.step({ type: 'read', readId: 2 })
  t.match(replies(node.fetchFrom(2, 1, 1)), [{ readRound: 1 }])
  node.step({ type: 'read', readId: 3 })
  t.same(indexes(node.fetchFrom(2, 1, 1, 1)), [
    [1, 1],
    [2, 1],
  ])
  t.same(indexes(node.fetchFrom(2, 1, 1, 2)), [[3, 1]])
})

t.test('a new leader answers no read before it has committed in its own epoch', async (t) => {
  const node = new CoreHarness({ endOffset: 3, epochs: [{ epoch: 1, startOffset: 0 }] })
  node.lead()
  node.step({ type: 'read', readId: 1 })
  t.same(indexes(node.fetchFrom(2, 3, 1, 1)), [], 'what its predecessor committed is not known yet')
  t.same(indexes(node.fetchFrom(2, 4, 2, 1)), [[1, 4]])
})

t.test('an observer’s echo does not count, and a sole voter needs none', async (t) => {
  const node = settledLeader()
  node.step({ type: 'read', readId: 1 })
  t.same(indexes(node.fetchFrom(9, 1, 1, 1)), [])
  const alone = new CoreHarness({ voters: [1] })
  const won = alone.written(alone.at(0))
  alone.written(won)
  t.same(indexes(alone.step({ type: 'read', readId: 1 })), [[1, 1]])
})

t.test('a read sees every proposal that was committed before it', async (t) => {
  const node = settledLeader()
  node.written(node.step({ type: 'propose', payload }))
  node.fetchFrom(2, 2, 1)
  node.step({ type: 'read', readId: 1 })
  t.same(indexes(node.fetchFrom(2, 2, 1, 1)), [[1, 2]])
})

t.test('another node’s question is answered in the same way', async (t) => {
  const node = settledLeader()
  const asked = node.request(readIndex)
  t.same(
    replies(asked).filter(({ type }) => type === 'read-index'),
    [],
  )
  const answers = replies(node.fetchFrom(3, 1, 1, 1)).filter(({ type }) => type === 'read-index')
  t.match(answers, [{ offset: 1, leaderId: 1 }])
})

t.test('reads that wait when leadership ends fail, here and elsewhere', async (t) => {
  const node = settledLeader()
  node.step({ type: 'read', readId: 1 })
  node.request(readIndex)
  const effects = node.step({ type: 'resign' })
  t.match(
    effects.filter((effect) => effect.type === 'read-failed'),
    [{ readId: 1 }],
  )
  t.match(
    replies(effects).filter(({ type }) => type === 'read-index'),
    [{ error: 'NOT_LEADER' }],
  )
})

t.test('a node that does not lead refuses, and says who does', async (t) => {
  const node = new CoreHarness()
  node.follow(1)
  t.match(replies(node.request(readIndex)), [{ type: 'read-index', error: 'NOT_LEADER', leaderId: 2 }])
  t.match(replies(node.request({ ...readIndex, epoch: 0 })), [{ error: 'FENCED_LEADER_EPOCH', epoch: 1 }])
})

t.test('a follower echoes the round in its next fetch', async (t) => {
  const node = new CoreHarness()
  const fetching = node.follow(1)
  const response: FetchResponse = { ...fetched(1, [batch(0, 1)]), readRound: 5 }
  const received = node.answer(fetching, 2, response)
  t.match(requests(node.written(received)), [{ request: { type: 'fetch', fetchOffset: 1, readRound: 5 } }])
})
