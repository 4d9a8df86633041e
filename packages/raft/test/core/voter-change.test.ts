import t from 'tap'
import type { Effect } from '../../src/core/effects.ts'
import type { VoterChangeRequest } from '../../src/core/voter-change.ts'
import { CoreHarness, namedVoters, requests, writes } from './harness.ts'

type Step = readonly Effect[]

const change = (node: CoreHarness, kind: 'add' | 'remove', id: number, overrides = {}): Step => {
  const request: VoterChangeRequest = { changeId: 1, kind, voter: voter(id), timeoutMs: 1_000, ...overrides }
  return node.step({ type: 'change-voters', ...request })
}
const voter = (id: number, directoryId = `d${id}`) => ({ id, directoryId })
const idsOf = (node: CoreHarness): number[] => node.core.voterHistory.voters.map(({ id }) => id)
const outcomes = (effects: Step) =>
  effects.flatMap((effect) => (effect.type === 'voter-change' ? [effect.outcome] : []))
const records = (effects: Step) =>
  writes(effects)
    .flatMap(({ batches }) => batches ?? [])
    .map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as { readonly type: number })

/** A leader that has committed its first record, with everything durable. */
function settled(): CoreHarness {
  const node = new CoreHarness()
  node.lead()
  node.fetchFrom(2, 1, 1)
  return node
}

t.test(
  'a voter is added once it has caught up, counts from then on, and is told of when that is committed',
  async (t) => {
    const node = settled()
    t.same(outcomes(change(node, 'add', 4)), [])
    t.same(idsOf(node), [1, 2, 3], 'it has not fetched yet')
    const appended = node.fetchFrom(4, 1, 1)
    t.same(records(appended), [{ type: 6, version: 0, voters: namedVoters(1, 2, 3, 4) }])
    t.same(idsOf(node), [1, 2, 3, 4])
    node.written(appended)
    t.same(outcomes(node.fetchFrom(2, 2, 1)), [], 'two of four are no majority')
    t.same(outcomes(node.fetchFrom(4, 2, 1)), ['committed'])
    t.equal(node.core.highWatermark, 2)
  },
)

t.test('a node that does not catch up in time is not added', async (t) => {
  const node = settled()
  change(node, 'add', 4)
  node.fetchFrom(4, 0, 0)
  t.same(outcomes(node.at(1_000)), [])
  t.same(outcomes(node.at(node.nowMs + 1_000)), ['behind'])
  t.same(idsOf(node), [1, 2, 3])
})

t.test('a node that keeps up with a leader which never rests counts as caught up', async (t) => {
  const node = settled()
  const propose = (): void =>
    void node.written(
      node.step({
        type: 'propose',
        payload: { payload: new Uint8Array(1), count: 1, attributes: 0, timestampMs: 0 },
      }),
    )
  propose()
  node.fetchFrom(4, 1, 1)
  propose()
  change(node, 'add', 4)
  t.same(idsOf(node), [1, 2, 3])
  node.fetchFrom(4, 2, 1)
  t.same(idsOf(node), [1, 2, 3, 4], 'it has all that was there when it fetched before')
})

t.test('a node that caught up on another disk is not the one to be added', async (t) => {
  const node = settled()
  node.fetchFrom(4, 1, 1)
  change(node, 'add', 4, { voter: voter(4, 'another') })
  t.same(idsOf(node), [1, 2, 3])
  t.same(outcomes(node.at(node.nowMs + 1_000)), ['behind'])
})

t.test('nothing is changed before the leader has committed something of its own epoch', async (t) => {
  const node = new CoreHarness()
  node.lead()
  t.same(outcomes(change(node, 'remove', 3)), [])
  t.same(idsOf(node), [1, 2, 3])
  node.fetchFrom(2, 1, 1)
  t.same(idsOf(node), [1, 2])
})

t.test('a leader that commits nothing in time gives a change up', async (t) => {
  const node = new CoreHarness()
  node.lead()
  change(node, 'remove', 3)
  t.same(outcomes(node.at(node.nowMs + 1_000)), ['timeout'])
  node.fetchFrom(2, 1, 1)
  t.same(idsOf(node), [1, 2, 3])
})

t.test('one change at a time: the next is refused, and after the first is committed it is not', async (t) => {
  const node = settled()
  node.written(change(node, 'remove', 3))
  t.same(outcomes(change(node, 'remove', 2, { changeId: 2 })), ['in-progress'])
  t.same(outcomes(node.fetchFrom(2, 2, 1)), ['committed'])
  t.same(outcomes(change(node, 'remove', 3, { changeId: 3 })), ['not-found'])
})

t.test('a set of voters that an earlier leader appended is committed before another follows', async (t) => {
  const history = {
    base: namedVoters(1, 2, 3),
    isRecorded: true,
    records: [{ offset: 0, voters: namedVoters(1, 2, 3, 4) }],
  }
  const node = new CoreHarness({ history, endOffset: 1, epochs: [{ epoch: 1, startOffset: 0 }] })
  const asked = node.at(node.core.deadlineMs)
  t.same(
    requests(asked).map(({ to }) => to),
    [2, 3, 4],
    'uncommitted or not, it is in effect',
  )
})

t.test('changes that make no sense are refused at once', async (t) => {
  const node = settled()
  t.same(outcomes(change(node, 'remove', 9)), ['not-found'])
  t.same(outcomes(change(node, 'remove', 3, { voter: voter(3, 'another') })), ['not-found'])
  t.same(outcomes(change(node, 'add', 3, { voter: voter(3, 'another') })), ['duplicate'])
  const alone = new CoreHarness({ voters: [1] })
  const stood = alone.at(0)
  alone.written(stood)
  t.same(outcomes(change(alone, 'remove', 1)), ['last-voter'])
})

t.test('a voter that is one already only gets other endpoints', async (t) => {
  const node = settled()
  const appended = change(node, 'add', 3, { voter: { ...voter(3), endpoints: { quorum: 'c:1' } } })
  t.match(records(appended), [{ voters: [{}, {}, { id: 3, endpoints: { quorum: 'c:1' } }] }])
})

t.test('a voter whose directory is not known yet is not named by an operator', async (t) => {
  const base = [{ id: 1, directoryId: 'd1' }, { id: 2 }, { id: 3 }]
  const node = new CoreHarness({ history: { base, isRecorded: true, records: [] } })
  node.lead()
  t.same(outcomes(change(node, 'add', 3)), ['duplicate'], 'its directory is filled in when it fetches')
})

t.test('a removed voter counts no more, from the moment the record is appended', async (t) => {
  const node = settled()
  node.written(change(node, 'remove', 3))
  t.same(outcomes(node.fetchFrom(3, 2, 1)), [], 'two voters are left, and both must hold it')
  t.equal(node.core.highWatermark, 1)
  t.same(outcomes(node.fetchFrom(2, 2, 1)), ['committed'])
})

t.test('a leader that removes itself leads until that is committed, without counting itself', async (t) => {
  const node = settled()
  node.written(change(node, 'remove', 1))
  t.equal(node.core.role, 'leader')
  node.fetchFrom(2, 2, 1)
  t.equal(node.core.highWatermark, 1, 'of the two that are left, one does not make a majority')
  const done = node.fetchFrom(3, 2, 1)
  t.same(outcomes(done), ['committed'])
  t.equal(node.core.role, 'resigned')
  t.same(
    requests(done).map(({ to, request }) => [to, request.type]),
    [
      [2, 'end-quorum-epoch'],
      [3, 'end-quorum-epoch'],
    ],
  )
  node.at(node.core.deadlineMs)
  node.at(node.core.deadlineMs)
  t.equal(node.core.role, 'unattached', 'it never stands again')
})

t.test('a change whose record was appended has an unknown outcome when leadership is lost', async (t) => {
  const node = settled()
  change(node, 'remove', 3)
  t.same(outcomes(node.step({ type: 'resign' })), ['unknown'])
  const other = settled()
  change(other, 'add', 4)
  t.same(outcomes(other.step({ type: 'resign' })), ['not-leader'], 'nothing was appended')
})

t.test('a change that nobody waits for any more is dropped, unless it is in the log', async (t) => {
  const node = settled()
  change(node, 'add', 4)
  node.step({ type: 'cancel-voter-change', changeId: 1 })
  node.fetchFrom(4, 1, 1)
  t.same(idsOf(node), [1, 2, 3])
})

t.test('the first leader writes down the voters, and fills in directories as it hears of them', async (t) => {
  const history = { base: [{ id: 1 }, { id: 2 }, { id: 3 }], isRecorded: false, records: [] }
  const node = new CoreHarness({ history })
  const first = node.lead()
  t.match(records(first), [
    { type: 2 },
    { type: 6, voters: [{ id: 1, directoryId: 'd1' }, { id: 2 }, { id: 3 }] },
  ])
  const committed = node.fetchFrom(2, 2, 1)
  t.same(records(committed), [{ type: 6, version: 0, voters: [voter(1), voter(2), { id: 3 }] }])
  node.written(committed)
  t.same(records(node.fetchFrom(3, 2, 1)), [], 'one set of voters after the other')
  node.fetchFrom(3, 3, 1)
  t.same(node.core.voterHistory.voters, namedVoters(1, 2, 3))
})
