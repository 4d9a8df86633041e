import { BatchAttribute } from '@quorate/log'
import t from 'tap'
import { controlBatch, ControlRecordType, votersIn } from '../../src/core/control-records.ts'
import { VoterHistory } from '../../src/core/voter-history.ts'
import type { Voter, VoteRequest } from '../../src/messages.ts'
import { batch, CoreHarness, fetched, namedVoters, replies, requests } from './harness.ts'

const votersBatch = (offset: number, epoch: number, voters: readonly Voter[]) =>
  controlBatch({ type: ControlRecordType.voters, version: 0, voters }, offset, epoch, 0)
const idsOf = (node: CoreHarness): number[] => node.core.voterHistory.voters.map(({ id }) => id)

t.test('a set of voters is in effect when it is appended, and taken back when it is cut off', async (t) => {
  const node = new CoreHarness()
  const fetching = node.follow(1)
  const appended = node.answer(fetching, 2, fetched(1, [votersBatch(0, 1, namedVoters(1, 2, 3, 4))]))
  t.same(idsOf(node), [1, 2, 3, 4])
  t.match(
    appended.filter(({ type }) => type === 'voters'),
    [{ voters: namedVoters(1, 2, 3, 4) }],
  )
  const next = node.written(appended)
  node.answer(next, 2, { ...fetched(1, []), divergingEpoch: { epoch: 0, endOffset: 0 } })
  t.same(idsOf(node), [1, 2, 3])
})

t.test('a node that was removed does not stand once it knows that this is committed', async (t) => {
  const node = new CoreHarness()
  const fetching = node.follow(1)
  const appended = node.answer(fetching, 2, fetched(1, [votersBatch(0, 1, namedVoters(2, 3))]))
  const next = node.written(appended)
  node.answer(next, 2, fetched(1, [], 1))
  node.at(5_000)
  t.equal(node.core.role, 'unattached')
  const asked = node.at(node.core.deadlineMs)
  t.match(requests(asked), [{ request: { type: 'fetch' } }], 'it looks for a leader, as observers do')
})

t.test(
  'a node whose removal is not committed yet may have to lead, and does not count its own vote',
  async (t) => {
    const node = new CoreHarness()
    const fetching = node.follow(1)
    node.written(node.answer(fetching, 2, fetched(1, [votersBatch(0, 1, namedVoters(2, 3))])))
    const asked = node.at(2_000)
    t.equal(node.core.role, 'prospective')
    node.answer(asked, 2, { type: 'vote', epoch: 1, granted: true })
    t.equal(node.core.role, 'prospective', 'one of two is no majority')
    node.answer(asked, 3, { type: 'vote', epoch: 1, granted: true })
    t.equal(node.core.role, 'candidate')
  },
)

t.test('a voter that lost its disk does not vote under its old identity', async (t) => {
  const node = new CoreHarness({ config: { directoryId: 'a new disk' } })
  const request: VoteRequest = {
    type: 'vote',
    clusterId: 'c',
    epoch: 5,
    candidateId: 2,
    candidateDirectoryId: 'd2',
    voterId: 1,
    voterDirectoryId: 'd1',
    lastEpoch: 0,
    endOffset: 0,
    preVote: false,
  }
  t.match(replies(node.request(request)), [{ granted: false, error: 'INVALID_VOTER_KEY', epoch: 0 }])
  node.at(10_000)
  t.equal(node.core.role, 'unattached', 'nor does it stand')
})

t.test('what a voter acknowledges from another disk does not count', async (t) => {
  const node = new CoreHarness()
  node.lead()
  const fetch = {
    type: 'fetch',
    clusterId: 'c',
    epoch: 1,
    replicaId: 2,
    fetchOffset: 1,
    lastFetchedEpoch: 1,
  } as const
  const rest = { highWatermark: 0, maxWaitMs: 500, readRound: 0 }
  node.request({ ...fetch, ...rest, replicaDirectoryId: 'another' })
  t.equal(node.core.highWatermark, 0)
  node.request({ ...fetch, ...rest, replicaDirectoryId: 'd2' })
  t.equal(node.core.highWatermark, 1)
})

t.test('votes are asked of the disks that the log names', async (t) => {
  const node = new CoreHarness()
  t.match(requests(node.at(node.core.deadlineMs)), [
    { to: 2, request: { voterId: 2, voterDirectoryId: 'd2' } },
    { to: 3, request: { voterId: 3, voterDirectoryId: 'd3' } },
  ])
})

t.test('a node that joins knows no voters, and asks those it was told of', async (t) => {
  const node = new CoreHarness({ history: { base: [], isRecorded: false, records: [] } })
  const asked = node.at(0)
  t.equal(node.core.role, 'unattached')
  const [question] = requests(asked)
  t.equal(question?.request.type, 'fetch')
  t.ok([2, 3].includes(question?.to ?? 0))
})

t.test('a refusal says where the leader listens, if the voters say so', async (t) => {
  const base = [1, 2, 3].map((id) => ({ id, directoryId: `d${id}`, endpoints: { quorum: `host:${id}` } }))
  const node = new CoreHarness({ history: { base, isRecorded: true, records: [] } })
  node.follow(1)
  t.match(replies(node.fetchFrom(4, 0, 0)), [
    { error: 'NOT_LEADER', leaderId: 2, leaderEndpoints: { quorum: 'host:2' } },
  ])
})

t.test('the set at an offset is the newest that was appended before it', async (t) => {
  const history = new VoterHistory({ base: namedVoters(1), isRecorded: false, records: [] })
  t.notOk(history.isRecorded)
  history.append({ offset: 3, voters: namedVoters(1, 2) })
  history.append({ offset: 7, voters: namedVoters(1, 2, 3) })
  t.same(history.at(3), { base: namedVoters(1), isRecorded: false, records: [] })
  t.same(history.at(4), { base: namedVoters(1, 2), isRecorded: true, records: [] })
  t.same(history.voters, namedVoters(1, 2, 3))
  t.same(history.previous, namedVoters(1, 2))
})

t.test(
  'a record of voters that cannot be understood stops the node; other control records do not',
  async (t) => {
    const control = (text: string) => ({
      ...batch(0, 1),
      attributes: BatchAttribute.control,
      payload: new TextEncoder().encode(text),
    })
    t.throws(() => votersIn(control('{"type":6,"version":9}')), { code: 'INVARIANT_BROKEN' })
    t.throws(() => votersIn(control('{"type":6,"version":0,"voters":[{"id":1},{"id":1}]}')), {
      code: 'INVARIANT_BROKEN',
    })
    t.equal(votersIn(control('{"type":99}')), undefined)
    t.equal(votersIn(batch(0, 1)), undefined)
  },
)
