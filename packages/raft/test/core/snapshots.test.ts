import t from 'tap'
import type { Effect } from '../../src/core/effects.ts'
import type { SnapshotChunk } from '../../src/messages.ts'
import { batch, CoreHarness, fetched, replies, requests, writes } from './harness.ts'

const id = { endOffset: 10, epoch: 3 }

function chunk(position: number, bytes: number, totalBytes: number, checksum = 7): SnapshotChunk {
  return { snapshotId: id, position, bytes: new Uint8Array(bytes), timestampMs: 0, totalBytes, checksum }
}

/** A leader of epoch 5 whose log goes from 0 to 12, and then begins at 10. */
function cutLeader(): CoreHarness {
  const harness = new CoreHarness({
    hardState: { epoch: 4 },
    endOffset: 12,
    epochs: [
      { epoch: 2, startOffset: 0 },
      { epoch: 3, startOffset: 6 },
    ],
  })
  harness.lead()
  harness.step({ type: 'snapshot-made', snapshotId: id, oldest: id })
  return harness
}

/** A follower of node 2 in epoch 5, with an empty log, that was told to pull. */
function pulling(): { harness: CoreHarness; effects: Effect[] } {
  const harness = new CoreHarness()
  const following = harness.follow(5)
  const named = harness.answer(following, 2, { ...fetched(5, []), snapshotId: id })
  t.match(named, [{ type: 'receive-snapshot', snapshotId: id }])
  const effects = harness.step({ type: 'snapshot-stored', snapshotId: id, position: 0 })
  return { harness, effects }
}

t.test('a fetch from before the start of the log is answered with the newest snapshot', async (t) => {
  const [reply] = replies(cutLeader().fetchFrom(2, 9, 3))
  t.match(reply, { type: 'fetch', snapshotId: id, batches: [] })
})

t.test('so is one whose last epoch ended before the start, wherever it is', async (t) => {
  const [reply] = replies(cutLeader().fetchFrom(2, 11, 2))
  t.match(reply, { snapshotId: id })
})

t.test('a log that ends where the snapshot does is compared with the epoch of the snapshot', async (t) => {
  const harness = cutLeader()
  t.match(harness.fetchFrom(2, 10, 3), [{ type: 'reply-batches', from: 10 }])
  const [reply] = replies(harness.fetchFrom(3, 10, 4))
  t.match(reply, { divergingEpoch: { epoch: 3, endOffset: 12 } }, 'an epoch the leader does not have')
})

t.test('an empty log that begins at a snapshot fetches and stands with the snapshot’s epoch', async (t) => {
  const harness = new CoreHarness({ hardState: { epoch: 4 }, snapshot: id })
  const [{ request } = { request: undefined }] = requests(harness.follow(5))
  t.match(request, { type: 'fetch', fetchOffset: 10, lastFetchedEpoch: 3 })
  t.equal(harness.core.highWatermark, 10)
})

t.test('a part of a snapshot counts as a sign of life, and acknowledges nothing', async (t) => {
  const harness = cutLeader()
  const before = harness.core.highWatermark
  const effects = harness.request({
    type: 'fetch-snapshot',
    clusterId: 'c',
    epoch: 5,
    replicaId: 2,
    replicaDirectoryId: 'd2',
    snapshotId: id,
    position: 4,
    maxBytes: 8,
  })
  t.match(effects, [{ type: 'reply-chunk', part: { snapshotId: id, position: 4, maxBytes: 8 } }])
  t.equal(harness.core.highWatermark, before)
  t.match(harness.core.progress, [{ id: 2, lastFetchMs: harness.nowMs }])
})

t.test('a follower pulls part after part, and goes on from what is stored', async (t) => {
  const { harness, effects } = pulling()
  t.match(requests(effects), [{ to: 2, request: { type: 'fetch-snapshot', position: 0, maxBytes: 100 } }])
  const stored = harness.answer(effects, 2, { type: 'fetch-snapshot', epoch: 5, chunk: chunk(0, 4, 6) })
  t.match(stored, [{ type: 'store-chunk', chunk: { position: 0 } }])
  t.same(requests(stored), [], 'nothing is asked before it is stored')
  const next = harness.step({ type: 'snapshot-stored', snapshotId: id, position: 4 })
  t.match(requests(next), [{ request: { type: 'fetch-snapshot', position: 4 } }])
})

t.test('a complete snapshot replaces the log, and the next fetch begins at its end', async (t) => {
  const { harness, effects } = pulling()
  harness.answer(effects, 2, { type: 'fetch-snapshot', epoch: 5, chunk: chunk(0, 6, 6) })
  const installed = harness.step({ type: 'snapshot-complete', snapshotId: id, voters: undefined })
  t.match(installed, [{ type: 'install-snapshot', snapshot: id, historyEnd: 0 }])
  t.same(requests(installed), [], 'not before the log was emptied')
  t.equal(harness.core.highWatermark, 10)
  const [install] = installed
  const fetching = harness.step({
    type: 'written',
    id: install?.type === 'install-snapshot' ? install.id : 0,
  })
  t.match(requests(fetching), [{ request: { type: 'fetch', fetchOffset: 10, lastFetchedEpoch: 3 } }])
  const more = harness.answer(fetching, 2, fetched(5, [batch(10, 5)]))
  t.match(writes(more), [{ batches: [{ baseOffset: 10 }] }])
})

t.test('the voters that a snapshot names are in effect once it is installed', async (t) => {
  const { harness } = pulling()
  const voters = [{ id: 2, directoryId: 'd2' }, { id: 7 }]
  const installed = harness.step({ type: 'snapshot-complete', snapshotId: id, voters })
  t.match(installed, [{ type: 'install-snapshot' }, { type: 'voters', voters }])
  t.same(harness.core.voterHistory.voters, voters)
})

t.test('the next leader goes on with the same snapshot where the last one stopped', async (t) => {
  const { harness, effects } = pulling()
  harness.answer(effects, 2, { type: 'fetch-snapshot', epoch: 5, chunk: chunk(0, 4, 6) })
  harness.step({ type: 'snapshot-stored', snapshotId: id, position: 4 })
  const began = harness.request({
    type: 'begin-quorum-epoch',
    voterId: 1,
    clusterId: 'c',
    epoch: 6,
    leaderId: 3,
  })
  const fetching = [...began, ...harness.written(began)]
  const resumed = harness.answer(fetching, 3, { ...fetched(6, []), leaderId: 3, snapshotId: id })
  t.match(requests(resumed), [{ to: 3, request: { type: 'fetch-snapshot', position: 4 } }])
})

t.test('parts of other bytes under the same name are not mixed', async (t) => {
  const { harness, effects } = pulling()
  harness.answer(effects, 2, { type: 'fetch-snapshot', epoch: 5, chunk: chunk(0, 4, 6) })
  const next = harness.step({ type: 'snapshot-stored', snapshotId: id, position: 4 })
  const other = harness.answer(next, 2, { type: 'fetch-snapshot', epoch: 5, chunk: chunk(4, 2, 6, 8) })
  t.match(other, [{ type: 'drop-received' }, { type: 'request', request: { type: 'fetch' } }])
})

t.test('a leader that can do without the snapshot ends the pull', async (t) => {
  const { harness, effects } = pulling()
  const gone = harness.answer(effects, 2, { type: 'fetch-snapshot', epoch: 5, error: 'SNAPSHOT_NOT_FOUND' })
  t.match(gone, [{ type: 'drop-received' }])
  const again = harness.at(harness.core.deadlineMs)
  t.match(requests(again), [{ request: { type: 'fetch', fetchOffset: 0 } }])
  const late = harness.step({ type: 'snapshot-complete', snapshotId: id, voters: undefined })
  t.same(late, [], 'what was given up is not installed')
})

t.test('a pull within a limit of bytes a second asks for small parts, with pauses', async (t) => {
  const harness = new CoreHarness({ config: { snapshotFetchBytesPerSecond: 40 } })
  const following = harness.follow(5)
  harness.answer(following, 2, { ...fetched(5, []), snapshotId: id })
  const asked = harness.step({ type: 'snapshot-stored', snapshotId: id, position: 0 })
  t.match(requests(asked), [{ request: { maxBytes: 20 } }], 'a quarter of the fetch timeout at 40 a second')
  harness.answer(asked, 2, { type: 'fetch-snapshot', epoch: 5, chunk: chunk(0, 20, 60) })
  t.same(requests(harness.step({ type: 'snapshot-stored', snapshotId: id, position: 20 })), [])
  t.same(requests(harness.at(499)), [])
  t.match(requests(harness.at(500)), [{ request: { position: 20 } }])
})

t.test('a leader never installs, whatever completes on its disk', async (t) => {
  const { harness } = pulling()
  harness.request({
    type: 'vote',
    voterId: 1,
    clusterId: 'c',
    epoch: 6,
    candidateId: 3,
    candidateDirectoryId: 'd3',
    lastEpoch: 9,
    endOffset: 9,
    preVote: false,
  })
  t.same(harness.step({ type: 'snapshot-complete', snapshotId: id, voters: undefined }), [])
})
