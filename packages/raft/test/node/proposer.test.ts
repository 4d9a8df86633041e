import { openMemoryLog } from '@quorate/log/memory'
import { manualClock } from '@quorate/transport/testing'
import t, { type Test } from 'tap'
import {
  openRaft,
  type Proposal,
  type RaftNode,
  type RaftRequestHandler,
  type RaftResponse,
  type RaftTransport,
  type RaftTuning,
} from '../../src/index.ts'

const payload = new Uint8Array(100)
/** Without a fetch for 1.5 times the fetch timeout, a leader gives up. */
const checkQuorumMs = 3_000

/** Node 1, which leads voters 1, 2 and 3 at time 0. Node 2 votes for it; nobody fetches. */
async function leader(t: Test, tuning: RaftTuning = {}) {
  const clock = manualClock()
  const log = await openMemoryLog()
  let handler: RaftRequestHandler | undefined
  const transport: RaftTransport = {
    request: async (to, request) => {
      if (to !== 2 || request.type !== 'vote') return new Promise<RaftResponse>(() => undefined)
      return { type: 'vote', epoch: request.epoch, granted: true }
    },
    serve: (serving) => {
      handler = serving
      return () => (handler = undefined)
    },
  }
  const raft = openRaft({
    id: 1,
    directoryId: 'd1',
    clusterId: 'c',
    voters: [1, 2, 3],
    log,
    transport,
    stateMachine: { apply: () => undefined, leadership: () => undefined },
    clock,
    random: () => 0,
    ...tuning,
  })
  t.teardown(async () => {
    const closing = raft.close()
    await clock.advance(1_000)
    await closing
    await log.close()
  })
  while (raft.status().role !== 'leader') await clock.advance(0)
  t.equal(clock.now(), 0)
  /** Runs `action` at the moment when the leader is to give up, before it has noticed. */
  const atTheLastMoment = async (action: () => void): Promise<void> => {
    clock.setTimer(checkQuorumMs, () => {
      t.equal(raft.status().role, 'leader')
      action()
    })
    await clock.advance(checkQuorumMs)
    t.equal(raft.status().role, 'resigned')
  }
  return { raft, clock, log, atTheLastMoment, serve: () => handler! }
}

t.test('a proposal that waits when leadership is lost is appended all the same, and unknown', async (t) => {
  const { raft, clock, log, atTheLastMoment } = await leader(t)
  const proposals: Proposal[] = []
  await atTheLastMoment(() => proposals.push(raft.propose(payload), raft.propose(payload)))
  t.equal(log.endOffset, (proposals.at(-1)?.lastOffset ?? 0) + 1, 'another leader may still commit them')
  const outcomes = Promise.all(proposals.map(({ outcome }) => outcome))
  await clock.advance(500)
  t.match(await outcomes, [{ status: 'unknown' }, { status: 'unknown' }])
  t.throws(() => raft.propose(payload), { code: 'RAFT_NOT_LEADER' })
})

t.test('a proposal that no more fits beside those that lose leadership is refused', async (t) => {
  const { raft, log, atTheLastMoment } = await leader(t, { maxBundleBytes: 150 })
  let first: Proposal | undefined
  await atTheLastMoment(() => {
    first = raft.propose(payload)
    t.throws(() => raft.propose(payload), { code: 'RAFT_NOT_LEADER' })
  })
  t.equal(log.endOffset, (first?.lastOffset ?? 0) + 1, 'only the first is there')
})

t.test(
  'a call that only a leader serves is refused if leadership is lost with what waits before it',
  async (t) => {
    const calls: readonly ((raft: RaftNode) => Promise<unknown>)[] = [
      (raft) => raft.transferLeadership(2),
      (raft) => raft.addVoter({ id: 4, directoryId: 'd4' }),
      (raft) => raft.read(),
    ]
    for (const call of calls) {
      const { raft, atTheLastMoment } = await leader(t)
      let refused: Promise<unknown> | undefined
      await atTheLastMoment(() => {
        raft.propose(payload)
        refused = t.rejects(call(raft), { code: 'RAFT_NOT_LEADER' })
      })
      await refused
    }
  },
)

t.test('what waits is appended in its epoch before another leader is heard of', async (t) => {
  const { raft, log, serve } = await leader(t)
  const { epoch, baseOffset } = raft.propose(payload)
  const answered = serve()({
    type: 'begin-quorum-epoch',
    clusterId: 'c',
    epoch: epoch + 1,
    leaderId: 3,
    voterId: 1,
  })
  t.equal(raft.status().role, 'follower')
  await answered
  t.equal(log.endOffset, baseOffset + 1)
  t.equal(log.epochs.at(-1)?.epoch, epoch)
})
