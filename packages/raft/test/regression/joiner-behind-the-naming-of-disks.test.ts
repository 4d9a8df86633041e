import t from 'tap'
import type { VoterHistoryStart } from '../../src/core/voter-history.ts'
import { CoreHarness, replies, requests, voteRequest } from '../core/harness.ts'

/**
 * The first record of a quorum names only the disk of its first leader; later ones name the others. A voter lost its disk after
 * that, and came back on one that had caught up no further than the first record. There its id was that of a voter, so it
 * stood and was elected without what its old disk had acknowledged. Seed 2166 of the simulator.
 */
const first: VoterHistoryStart = {
  base: [{ id: 1 }, { id: 2 }, { id: 3, directoryId: 'd3' }],
  isRecorded: true,
  records: [],
}
const fetch = {
  type: 'fetch',
  clusterId: 'c',
  replicaId: 2,
  replicaDirectoryId: 'd2',
  fetchOffset: 1,
  lastFetchedEpoch: 1,
  highWatermark: 0,
  maxWaitMs: 500,
  readRound: 0,
} as const

t.test('a disk that joined later is no voter of a record that does not know its disk', async (t) => {
  const founder = new CoreHarness({ history: first })
  t.ok(requests(founder.at(10_000)).length > 0, 'one that was there from the beginning stands')

  const joiner = new CoreHarness({ history: first, config: { isJoiner: true } })
  joiner.at(10_000)
  t.equal(joiner.core.role, 'unattached')
})

t.test('and votes for nobody who takes it for that voter', async (t) => {
  const joiner = new CoreHarness({ history: first, config: { isJoiner: true } })
  t.match(replies(joiner.request(voteRequest)), [{ error: 'INVALID_VOTER_KEY' }])
})

t.test('and what it fetches does not count as that of the voter', async (t) => {
  const leader = new CoreHarness({
    history: { ...first, base: [{ id: 1, directoryId: 'd1' }, { id: 2 }, { id: 3 }] },
  })
  leader.lead()
  leader.request({ ...fetch, epoch: leader.core.epoch, isJoiner: true })
  t.equal(leader.core.highWatermark, 0)
  leader.request({ ...fetch, replicaDirectoryId: 'd2-first', epoch: leader.core.epoch })
  t.equal(leader.core.highWatermark, 1)
})
