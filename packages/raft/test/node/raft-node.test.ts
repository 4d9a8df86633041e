import { openMemoryLog } from '@quorate/log/memory'
import t from 'tap'
import { openRaft, type RaftOptions, type RaftTransport } from '../../src/index.ts'

const nobody: RaftTransport = {
  request: () => new Promise(() => undefined),
  serve: () => () => undefined,
}

/** A node that is alone, or at least without anyone who answers. */
async function openAlone(overrides: Partial<RaftOptions> = {}) {
  const log = await openMemoryLog()
  const leading = Promise.withResolvers<void>()
  const applied: string[] = []
  const raft = openRaft({
    id: 1,
    directoryId: 'd1',
    clusterId: 'c',
    voters: [1],
    log,
    transport: nobody,
    stateMachine: {
      apply: (batches) => applied.push(...batches.map(({ payload }) => new TextDecoder().decode(payload))),
      leadership: ({ leaderId }) => leaderId === 1 && leading.resolve(),
    },
    ...overrides,
  })
  return { log, raft, applied, leading: leading.promise }
}

const payload = new TextEncoder().encode('hello')

t.test('a proposal is applied where it was said to be', async (t) => {
  const { raft, applied, leading } = await openAlone()
  t.teardown(() => raft.close())
  t.throws(() => raft.propose(payload), { code: 'RAFT_NOT_LEADER' }, 'not before it was elected')
  await leading
  t.same(raft.propose(payload, { count: 3 }), { epoch: 1, baseOffset: 2, lastOffset: 4 })
  t.equal(raft.nextOffset, 5)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(applied[2], 'hello', 'after who leads and who votes')
  t.match(raft.status(), { role: 'leader', epoch: 1, leaderId: 1, highWatermark: 5, endOffset: 5 })
})

t.test('proposals of one turn are one batch of the log, each applied as it was proposed', async (t) => {
  const { raft, log, applied, leading } = await openAlone({ maxBundleBytes: 60 })
  t.teardown(() => raft.close())
  await leading
  const start = raft.nextOffset
  const offsets = ['a', 'b', 'c'].map((text) => raft.propose(Buffer.from(text), { count: 2 }).baseOffset)
  t.same(offsets, [start, start + 2, start + 4])
  t.equal(raft.nextOffset, start + 6)
  await raft.applied(start + 6)
  t.same(applied.slice(-3), ['a', 'b', 'c'])
  const batches = await log.read(start)
  t.same(
    batches.map(({ baseOffset, count }) => ({ baseOffset, count })),
    [
      { baseOffset: start, count: 4 },
      { baseOffset: start + 4, count: 2 },
    ],
    'a bundle ends where maxBundleBytes says',
  )
})

t.test('what was proposed before leadership is given up is appended first', async (t) => {
  const { raft, log, leading } = await openAlone()
  await leading
  const proposal = raft.propose(payload)
  raft.resign()
  t.throws(() => raft.propose(payload), { code: 'RAFT_NOT_LEADER' })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(log.endOffset, proposal.lastOffset + 1)
  await raft.close()
})

t.test('the outcome of a proposal is told, also to somebody who asks late', async (t) => {
  const { raft, leading } = await openAlone()
  t.match(await raft.submit(payload), { status: 'rejected', error: { code: 'RAFT_NOT_LEADER' } })
  await leading
  const proposal = raft.propose(payload)
  t.same(await proposal.outcome, { status: 'committed', epoch: 1, baseOffset: 2, lastOffset: 2 })
  const late = raft.propose(payload)
  await raft.applied(4)
  t.match(await late.outcome, { status: 'committed', baseOffset: 3 })
  await raft.close()
})

t.test('a wait for an outcome ends with its signal, and then it is unknown', async (t) => {
  const { raft, leading } = await openAlone()
  t.teardown(() => raft.close())
  await leading
  const controller = new AbortController()
  const submitted = raft.submit(payload, { signal: controller.signal })
  controller.abort(new Error('enough'))
  t.match(await submitted, { status: 'unknown', error: { message: 'enough' } })
  t.match(await raft.submit(payload, { signal: controller.signal }), { status: 'rejected' })
  t.equal(raft.nextOffset, 3, 'a signal that is aborted before keeps it from being proposed')
})

t.test('a node that fails leaves its proposals unknown', async (t) => {
  const { raft, log, leading } = await openAlone()
  await leading
  log.failNextWrite(new Error('the disk is gone'))
  t.match(await raft.submit(payload), { status: 'unknown', error: { code: 'RAFT_FAILED' } })
  await raft.close()
})

t.test('a proposal that is too large, or too many at once, is refused and not appended', async (t) => {
  const { raft, leading } = await openAlone({ maxBatchBytes: 10, maxUncommittedBytes: 20 })
  t.teardown(() => raft.close())
  await leading
  t.throws(() => raft.propose(new Uint8Array(11)), { code: 'RAFT_BATCH_TOO_LARGE' })
  raft.propose(payload)
  t.throws(() => raft.propose(payload), { code: 'RAFT_OVERLOADED' })
  t.equal(raft.nextOffset, 3)
})

t.test('a failed write stops the node, and it says why', async (t) => {
  const { raft, log, leading } = await openAlone()
  await leading
  log.failNextWrite(new Error('the disk is gone'))
  raft.propose(payload)
  t.match(await raft.failed, { code: 'LOG_FAILED' })
  t.throws(() => raft.propose(payload), { code: 'RAFT_FAILED' })
  await raft.close()
})

t.test('a state machine that throws stops the node', async (t) => {
  const { raft } = await openAlone({
    stateMachine: {
      apply() {
        throw new Error('cannot digest this')
      },
      leadership: () => undefined,
    },
  })
  t.match(await raft.failed, { message: 'cannot digest this' })
})

t.test('a closed node refuses proposals and closes twice without complaint', async (t) => {
  const { raft, leading } = await openAlone()
  await leading
  await Promise.all([raft.close(), raft.close()])
  t.throws(() => raft.propose(payload), { code: 'RAFT_CLOSED' })
})

t.test('options that make no sense are refused before anything starts', async (t) => {
  const invalid = { code: 'RAFT_OPTIONS_INVALID' }
  await t.rejects(openAlone({ voters: [] }), invalid)
  await t.rejects(openAlone({ voters: [1, 1] }), invalid)
  await t.rejects(openAlone({ id: -2 }), invalid)
  await t.rejects(openAlone({ fetchMaxWaitMs: 1_000, fetchTimeoutMs: 2_000 }), invalid)
  await t.rejects(openAlone({ electionTimeoutMs: Number.NaN }), invalid)
})

t.test('a read resolves with what was committed before it, and not before that is applied', async (t) => {
  const { raft, applied, leading } = await openAlone()
  t.teardown(() => raft.close())
  await t.rejects(raft.read(), { code: 'RAFT_NOT_LEADER' })
  await leading
  raft.propose(payload)
  await raft.applied(2)
  t.equal(await raft.read(), 2)
  t.equal(applied.length, 2)
})

t.test('waits end when their signal aborts, and when the node closes', async (t) => {
  const { raft, leading } = await openAlone()
  await leading
  const controller = new AbortController()
  const given = raft.applied(1_000, { signal: controller.signal })
  const waiting = raft.applied(1_000)
  controller.abort(new Error('enough'))
  await t.rejects(given, { message: 'enough' })
  const closed = t.rejects(waiting, { code: 'RAFT_CLOSED' })
  await raft.close()
  await closed
  await t.rejects(raft.read(), { code: 'RAFT_CLOSED' })
})

t.test('leadership is handed to another voter only, and by the leader only', async (t) => {
  const { raft, leading } = await openAlone()
  t.teardown(() => raft.close())
  await t.rejects(raft.transferLeadership(1), { code: 'RAFT_NOT_LEADER' })
  await leading
  await t.rejects(raft.transferLeadership(), { code: 'RAFT_TRANSFER_FAILED' })
  await t.rejects(raft.transferLeadership(9), { code: 'RAFT_TRANSFER_FAILED' })
})

t.test('roles are told as they change, until the node stops', async (t) => {
  const { raft } = await openAlone()
  const told = []
  for await (const change of raft.roles()) {
    told.push(change)
    if (change.role === 'leader') raft.resign()
    if (change.role === 'resigned') await raft.close()
  }
  t.same(told[0], { role: 'unattached', epoch: 0, leaderId: undefined })
  t.same(told.slice(-2), [
    { role: 'leader', epoch: 1, leaderId: 1 },
    { role: 'resigned', epoch: 1, leaderId: undefined },
  ])
})

t.test('a port that lacks a method is refused', async (t) => {
  await t.rejects(openAlone({ metrics: {} as never }), {
    code: 'RAFT_OPTIONS_INVALID',
    message: /set, add, record/,
  })
  await t.rejects(openAlone({ log: {} as never }), { code: 'RAFT_OPTIONS_INVALID' })
})
