import { openMemoryLog } from '@quorate/log/memory'
import t, { type Test } from 'tap'
import { controlBatch, ControlRecordType } from '../../src/core/control-records.ts'
import { openRaft, type RaftLog, type RaftNode, recoverAsSingleVoter } from '../../src/index.ts'

const voters = [1, 2, 3].map((id) => ({ id, directoryId: `d${id}` }))
const survivor = { id: 1, directoryId: 'd1' }
const confirmed = { reason: 'the rack burned down', acceptDataLoss: true } as const

/** What is left on node 1 of a quorum of three: its voters, and a record of a client. */
async function leftOver(): Promise<RaftLog> {
  const log = await openMemoryLog()
  const payload = new TextEncoder().encode('kept')
  await log.write({
    batches: [
      controlBatch({ type: ControlRecordType.voters, version: 0, voters }, 0, 4, 0),
      { baseOffset: 1, count: 1, epoch: 4, timestampMs: 0, attributes: 0, payload },
    ],
    hardState: { epoch: 5, vote: { id: 2, directoryId: 'd2' } },
  })
  return log
}

function open(t: Test, log: RaftLog): { readonly raft: RaftNode; readonly applied: string[] } {
  const applied: string[] = []
  const raft = openRaft({
    ...survivor,
    clusterId: 'c',
    voters: [1, 2, 3],
    log,
    transport: { request: () => new Promise(() => undefined), serve: () => () => undefined },
    stateMachine: {
      apply: (batches) =>
        void applied.push(...batches.map(({ payload }) => new TextDecoder().decode(payload))),
      leadership: () => undefined,
    },
  })
  t.teardown(() => raft.close())
  return { raft, applied }
}

t.test('a survivor that is made the only voter leads alone, with all that its log holds', async (t) => {
  const log = await leftOver()
  const recovery = await recoverAsSingleVoter({ log, voter: survivor, ...confirmed })
  t.same(recovery, { previousVoters: voters, previousEpoch: 5, epoch: 1_000_005, offset: 2 })
  const { raft, applied } = open(t, log)
  await raft.applied(4)
  t.equal(applied[1], 'kept')
  t.match(raft.status(), { role: 'leader', epoch: 1_000_006, voters: [survivor] })
})

t.test('the log tells of the recovery, and why', async (t) => {
  const log = await leftOver()
  await recoverAsSingleVoter({ log, voter: survivor, ...confirmed })
  const [batch] = await log.read(2)
  t.match(JSON.parse(new TextDecoder().decode(batch?.payload)), {
    type: 6,
    voters: [survivor],
    recovery: { previousVoters: voters, previousEpoch: 5, reason: 'the rack burned down' },
  })
})

t.test(
  'nothing is written without consent, without a reason, or where there is nothing to recover',
  async (t) => {
    const log = await leftOver()
    const invalid = { code: 'RAFT_OPTIONS_INVALID' }
    const careless = { ...confirmed, acceptDataLoss: false as unknown as true }
    await t.rejects(recoverAsSingleVoter({ log, voter: survivor, ...careless }), invalid)
    await t.rejects(recoverAsSingleVoter({ log, voter: survivor, ...confirmed, reason: ' ' }), invalid)
    t.equal(log.endOffset, 2)
    const refused = { code: 'RAFT_RECOVERY_REFUSED' }
    const empty = await openMemoryLog()
    await t.rejects(recoverAsSingleVoter({ log: empty, voter: survivor, ...confirmed }), refused)
    await recoverAsSingleVoter({ log, voter: survivor, ...confirmed })
    await t.rejects(recoverAsSingleVoter({ log, voter: survivor, ...confirmed }), refused, 'not twice')
    t.equal(log.endOffset, 3)
  },
)
