import { manualClock } from '@quorate/transport/testing'
import t from 'tap'
import { RaftError } from '../../src/errors.ts'
import { Outcomes, WatchedProposal } from '../../src/node/outcomes.ts'

/** Outcomes over a log whose epochs and applied end the test sets. */
function world() {
  const clock = manualClock()
  const log = { appliedOffset: 0, epochs: [] as number[] }
  const outcomes = new Outcomes({
    clock,
    timeoutMs: 100,
    appliedOffset: () => log.appliedOffset,
    epochAt: (offset) => log.epochs[offset] ?? 0,
  })
  const apply = (...epochs: number[]): void => {
    log.epochs.push(...epochs)
    log.appliedOffset = log.epochs.length
    outcomes.applied()
  }
  const propose = (epoch: number, offset: number) =>
    new WatchedProposal(outcomes, { epoch, baseOffset: offset, lastOffset: offset })
  return { clock, outcomes, apply, propose }
}

/** What `promise` resolved with so far. */
async function now<Value>(promise: Promise<Value>): Promise<Value | 'open'> {
  return Promise.race([promise, new Promise<'open'>((resolve) => setImmediate(resolve, 'open'))])
}

t.test('a proposal is committed once its epoch is applied at its offset, and not before', async (t) => {
  const { apply, propose } = world()
  const { outcome } = propose(1, 1)
  apply(1)
  t.equal(await now(outcome), 'open')
  apply(1)
  t.same(await outcome, { status: 'committed', epoch: 1, baseOffset: 1, lastOffset: 1 })
})

t.test('a proposal is rejected once another epoch is applied at its offset', async (t) => {
  const { apply, propose } = world()
  const { outcome } = propose(1, 0)
  apply(2)
  t.match(await outcome, { status: 'rejected', error: { code: 'RAFT_OVERWRITTEN' } })
})

t.test('who asks late is told the same, from the log', async (t) => {
  const { apply, propose } = world()
  const [early, late] = [propose(1, 0), propose(1, 1)]
  apply(1, 3)
  t.match(await early.outcome, { status: 'committed' })
  t.match(await late.outcome, { status: 'rejected' })
  t.equal(early.outcome, early.outcome)
})

t.test('a reign that ended leaves its proposals some time, and then they are unknown', async (t) => {
  const { clock, outcomes, apply, propose } = world()
  const [settled, open, next] = [propose(1, 0).outcome, propose(1, 1), propose(2, 5).outcome]
  void open.outcome
  outcomes.leads(1)
  outcomes.leads(undefined)
  apply(1)
  await clock.advance(99)
  t.equal(await now(open.outcome), 'open')
  await clock.advance(1)
  t.match(await settled, { status: 'committed' })
  t.match(await open.outcome, { status: 'unknown', error: { code: 'RAFT_OUTCOME_UNKNOWN' } })
  t.equal(await now(next), 'open', 'one of a later reign waits')
  t.match(await propose(1, 2).outcome, { status: 'unknown' }, 'and so does nobody who asks afterwards')
})

t.test('proposals that are asked about in any order are settled in the order of the log', async (t) => {
  const { apply, propose } = world()
  const [third, first, second] = [propose(1, 2).outcome, propose(1, 0).outcome, propose(2, 1).outcome]
  apply(1, 1)
  t.match(await first, { status: 'committed' })
  t.match(await second, { status: 'rejected' })
  t.equal(await now(third), 'open')
})

t.test('a node that stops leaves what is open unknown, and says why', async (t) => {
  const { outcomes, apply, propose } = world()
  const { outcome } = propose(1, 1)
  apply(1)
  outcomes.close(new RaftError('RAFT_CLOSED', 'the node stopped'))
  t.match(await outcome, { status: 'unknown', error: { code: 'RAFT_CLOSED' } })
  t.match(await propose(1, 0).outcome, { status: 'committed' }, 'what is known stays known')
})
