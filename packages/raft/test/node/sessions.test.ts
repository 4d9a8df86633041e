import { type Batch, BatchAttribute } from '@quorate/log'
import t from 'tap'
import { Sessions } from '../../src/node/sessions.ts'
import { withoutHeaders } from '../../src/proposals-in.ts'
import { inSession, openingPayload, withHeader } from '../../src/sessions/session-header.ts'
import { sessionsSchema, SessionTable } from '../../src/sessions/session-table.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

function batch(baseOffset: number, payload: Uint8Array, epoch = 1): Batch {
  return { baseOffset, count: 1, epoch, timestampMs: 0, attributes: inSession, payload }
}

const opening = (offset: number, maxSessions = 10): Batch => batch(offset, openingPayload(maxSessions))
const proposal = (offset: number, id: number, sequence: number, payload = 'x'): Batch =>
  batch(offset, withHeader({ id, sequence }, new TextEncoder().encode(payload)))

/** A leader of epoch 2 that has applied these batches, the last of them its own first. */
function leader(...batches: readonly Batch[]) {
  const sessions = new Sessions()
  sessions.apply(batches)
  const appliedOffset = (batches.at(-1)?.baseOffset ?? 0) + 1
  sessions.leads({ epoch: 2, epochStart: appliedOffset - 1 })
  return { sessions, context: { epoch: 2, appliedOffset } }
}

t.test(
  'the next sequence of a session is new, and one that was committed is found where it is',
  async (t) => {
    const { sessions, context } = leader(opening(3), proposal(4, 3, 1), proposal(5, 3, 2))
    t.equal(sessions.find({ id: 3, sequence: 3 }, context), undefined)
    t.match(sessions.find({ id: 3, sequence: 1 }, context), {
      position: { epoch: 1, baseOffset: 4, lastOffset: 4 },
      isCommitted: true,
    })
  },
)

t.test('one that is on its way is found too, and is known from the log once it is applied', async (t) => {
  const { sessions, context } = leader(opening(3))
  const position = { epoch: 2, baseOffset: 9, lastOffset: 9 }
  sessions.appended({ id: 3, sequence: 1 }, position)
  t.match(sessions.find({ id: 3, sequence: 1 }, context), { position, isCommitted: false })
  t.equal(sessions.find({ id: 3, sequence: 2 }, context), undefined)
  sessions.apply([proposal(9, 3, 1)])
  t.match(sessions.find({ id: 3, sequence: 1 }, context), { isCommitted: true })
})

t.test('what is out of order, too long ago, or of no session is refused', async (t) => {
  const all = Array.from({ length: 20 }, (_, index) => proposal(4 + index, 3, index + 1))
  const { sessions, context } = leader(opening(3), ...all)
  t.throws(() => sessions.find({ id: 3, sequence: 22 }, context), {
    code: 'RAFT_SEQUENCE_OUT_OF_ORDER',
    details: { lastSequence: 20, epoch: 2 },
  })
  t.throws(() => sessions.find({ id: 3, sequence: 4 }, context), { code: 'RAFT_SEQUENCE_OUT_OF_ORDER' })
  t.match(
    sessions.find({ id: 3, sequence: 5 }, context),
    { position: { baseOffset: 8 } },
    'sixteen are remembered',
  )
  t.throws(() => sessions.find({ id: 4, sequence: 1 }, context), {
    code: 'RAFT_SESSION_EXPIRED',
    details: { epoch: 2 },
  })
})

t.test('a session has no more on their way than are remembered', async (t) => {
  const { sessions, context } = leader(opening(3))
  for (let sequence = 1; sequence <= 16; sequence += 1) {
    sessions.appended({ id: 3, sequence }, { epoch: 2, baseOffset: 10 + sequence, lastOffset: 10 + sequence })
  }
  t.throws(() => sessions.find({ id: 3, sequence: 17 }, context), { code: 'RAFT_OVERLOADED' })
})

t.test('a leader takes no proposals of sessions before it has applied what came before it', async (t) => {
  const { sessions } = leader(opening(3))
  const refused = { code: 'RAFT_NOT_LEADER' }
  sessions.leads({ epoch: 3, epochStart: 8 })
  t.throws(() => sessions.find({ id: 3, sequence: 1 }, { epoch: 3, appliedOffset: 8 }), refused)
  t.throws(() => sessions.find({ id: 3, sequence: 1 }, { epoch: 4, appliedOffset: 9 }), refused)
  t.doesNotThrow(() => sessions.find({ id: 3, sequence: 1 }, { epoch: 3, appliedOffset: 9 }))
  sessions.leads({ epoch: 3 })
  t.throws(() => sessions.find({ id: 3, sequence: 1 }, { epoch: 3, appliedOffset: 9 }), refused)
})

t.test('what is on its way when leadership ends is forgotten: the log decides', async (t) => {
  const { sessions, context } = leader(opening(3))
  sessions.appended({ id: 3, sequence: 1 }, { epoch: 2, baseOffset: 9, lastOffset: 9 })
  sessions.leads({ epoch: 2, epochStart: 3 })
  t.equal(sessions.find({ id: 3, sequence: 1 }, context), undefined)
})

t.test('the session that was not used for longest goes when there are too many', async (t) => {
  const { sessions, context } = leader(opening(1, 2), opening(2, 2), proposal(3, 1, 1), opening(4, 2))
  t.throws(() => sessions.find({ id: 2, sequence: 1 }, context), { code: 'RAFT_SESSION_EXPIRED' })
  t.equal(sessions.find({ id: 1, sequence: 2 }, context), undefined)
  t.equal(sessions.table.size, 2)
  t.doesNotThrow(() => sessions.apply([proposal(5, 2, 1)]), 'one that was on its way then still counts')
})

t.test('a state machine sees neither headers nor openings', async (t) => {
  const plain = { ...batch(5, new Uint8Array(1)), attributes: 0 }
  const [opened, first, other] = withoutHeaders([opening(3), proposal(4, 3, 1, 'hello'), plain])
  t.match(opened, { baseOffset: 3, attributes: BatchAttribute.control })
  t.match(first, { baseOffset: 4, attributes: 0 })
  t.equal(text(first?.payload ?? new Uint8Array(0)), 'hello')
  t.equal(other, plain)
})

t.test('a table that went through a snapshot answers as before', async (t) => {
  const table = new SessionTable()
  for (const one of [opening(3), opening(4), proposal(5, 3, 1), proposal(6, 3, 2)]) table.apply(one)
  const copy = new SessionTable()
  copy.load(sessionsSchema.parse(JSON.parse(JSON.stringify(table.toData()))))
  t.same(copy.toData(), table.toData())
  t.same(copy.find({ id: 3, sequence: 1 }), { epoch: 1, baseOffset: 5, lastOffset: 5 })
  copy.apply(opening(7, 2))
  t.equal(copy.lastSequence(4), undefined, 'the order of use went with it')
  copy.load([])
  t.equal(copy.size, 0)
  t.notOk(sessionsSchema.safeParse([[1]]).success)
})

t.test('a sequence that is committed twice is a broken rule', async (t) => {
  const table = new SessionTable()
  table.apply(opening(3))
  table.apply(proposal(4, 3, 1))
  t.throws(() => table.apply(proposal(5, 3, 1)), { code: 'INVARIANT_BROKEN' })
})

t.test('the header is the documented one', async (t) => {
  const payload = withHeader({ id: 258, sequence: 7 }, Buffer.from('ab'))
  t.equal(Buffer.from(payload).toString('hex'), '000000000000010200000000000000076162')
  t.equal(Buffer.from(openingPayload(10_000)).toString('hex'), '00000000000027100000000000000000')
})
