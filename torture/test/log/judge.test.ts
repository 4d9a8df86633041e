import t from 'tap'
import { epochsOf, judgeCrash, judgeCrashOfAll } from '../../log/judge.ts'
import type { History } from '../../log/judge.ts'
import { judgeDamage, judgeDamageOfAll } from '../../log/judge-damage.ts'
import { apply, emptyState, endOffset } from '../../log/model.ts'
import type { LogState, ModelBatch, Step } from '../../log/model.ts'
import type { OpenedObservation, ServedBatch } from '../../log/observation.ts'
import { fingerprint, payload } from '../../log/payload.ts'
import { parseJournal } from '../../log/journal.ts'
import { historiesOf } from '../../log/scenario.ts'

function batch(baseOffset: number, payloadId: number, epoch = 0): ModelBatch {
  return { baseOffset, count: 1, epoch, timestampMs: 1, attributes: 0, payloadId, payloadBytes: 10 }
}

function append(...batches: ModelBatch[]): Step {
  return { call: 'append', batches }
}

function served({ payloadId, payloadBytes, ...fields }: ModelBatch): ServedBatch {
  return { ...fields, fingerprint: fingerprint(payload(payloadId, payloadBytes)) }
}

/** What a sound log shows that holds `state`. */
function shows(state: LogState, changes: Partial<OpenedObservation> = {}): OpenedObservation {
  return {
    opened: true,
    damaged: false,
    startOffset: 0,
    endOffset: endOffset(state),
    epochs: epochsOf(state.batches),
    hardState: state.hardState,
    inOrder: state.batches.map(served),
    again: [],
    errors: [],
    ...changes,
  }
}

const steps: Step[] = [
  append(batch(0, 1)),
  append(batch(1, 2), batch(2, 3)),
  { call: 'write', hardState: { epoch: 4 } },
  { call: 'write', truncateTo: 1, batches: [batch(1, 9, 4)] },
]
const [one, three, voted, cut] = steps.map((_step, index) =>
  steps.slice(0, index + 1).reduce(apply, emptyState),
)
const history: History = { start: emptyState, steps, acknowledged: 1, begins: 0 }

t.test(
  'after a crash a log may be in the state after any request from the last acknowledged one on',
  async (t) => {
    for (const [index, state] of [one!, three!, voted!, cut!].entries())
      t.match(judgeCrash(shows(state), history), { reached: index + 1 })
  },
)

t.test('after a crash nothing else goes unnoticed', async (t) => {
  const judge = (observed: OpenedObservation, acknowledged = 1) =>
    judgeCrash(observed, { ...history, acknowledged })
  t.match(judge(shows(emptyState)), { violation: 'lost' })
  t.match(judge(shows(three!), 3), { violation: 'forgotten' })
  t.match(judge(shows(voted!), 4), { violation: 'lost' })
  const half = { batches: [batch(0, 1), batch(1, 2)], latestStart: 0, hardState: undefined }
  t.match(judge(shows(half)), { violation: 'torn' })
  const other = { ...one!, batches: [batch(0, 8)] }
  t.match(judge(shows(other)), { violation: 'wrong' })
  const gap = { inOrder: [served(batch(0, 1)), served(batch(2, 3))] }
  t.match(judge(shows(three!, gap)), { violation: 'hole' })
  t.match(judge(shows(one!, { errors: [{ offset: 0, code: 'LOG_CORRUPT' }] })), { violation: 'hole' })
  t.match(judgeCrash({ opened: false, code: 'LOG_CORRUPT', message: '' }, history), { violation: 'refused' })
  t.match(judgeCrash(shows(one!), { ...history, begins: 1 }), { violation: 'lost' })
})

t.test('a log that drops a prefix may begin at any batch up to where it was told to', async (t) => {
  const dropped = apply(three!, { call: 'deleteBefore', offset: 1 })
  const begun = {
    startOffset: 1,
    inOrder: three!.batches.slice(1).map(served),
    epochs: [{ epoch: 0, startOffset: 1 }],
  }
  const after: History = { start: dropped, steps: [], acknowledged: 0, begins: 0 }
  t.match(judgeCrash(shows(three!), after), { reached: 0 })
  t.match(judgeCrash(shows(three!, begun), after), { reached: 0 })
  t.match(judgeCrash(shows(three!, begun), { ...after, start: three! }), { violation: 'torn' })
})

t.test('a damaged log may refuse, or say what is missing, and nothing else', async (t) => {
  const states = [emptyState, one!, three!]
  t.match(judgeDamage(shows(three!), states, 0), { outcome: 'whole' })
  t.match(judgeDamage({ opened: false, code: 'LOG_DAMAGED', message: '' }, states, 0), {
    outcome: 'reported',
  })
  t.match(judgeDamage({ opened: false, code: 'SIGABRT', message: '' }, states, 0), { outcome: 'reported' })
  t.match(judgeDamage({ opened: false, code: 'no code', message: '' }, states, 0), { violation: 'refused' })
  t.match(judgeDamage(shows(one!), states, 0), { violation: 'lost' })
  t.match(judgeDamage(shows(one!), states, 1), { outcome: 'tornEnd', missing: 1 })
  t.match(judgeDamage(shows(one!, { damaged: true }), states, 0), { outcome: 'reported' })
  const unread = { inOrder: [served(batch(0, 1))], errors: [{ offset: 1, code: 'LOG_CORRUPT' }] }
  t.match(judgeDamage(shows(three!, unread), states, 0), { outcome: 'reported' })
  t.match(judgeDamage(shows(three!, { ...unread, errors: [] }), states, 0), { violation: 'hole' })
  const wrong = { inOrder: [served(batch(0, 8))], errors: unread.errors }
  t.match(judgeDamage(shows(three!, wrong), states, 0), { violation: 'wrong' })
  t.match(judgeDamage(shows(three!, { hardState: { epoch: 1 } }), states, 0), { violation: 'forgotten' })
})

t.test('each log of a set is judged by what was asked of it, and one of them is enough', async (t) => {
  const other: History = { ...history, steps: [append(batch(0, 8))] }
  const otherState = apply(emptyState, other.steps[0]!)
  const judge = (...observed: OpenedObservation[]) => judgeCrashOfAll(observed, [history, other])
  t.same(judge(shows(three!), shows(otherState)), { states: [three, otherState] })
  t.match(judge(shows(three!), shows(emptyState)), { violation: 'lost', what: /^log 1: / })
  t.match(judge(shows(three!), shows(one!)), { violation: 'wrong' })

  const states = [
    [emptyState, one!],
    [emptyState, otherState],
  ]
  const damaged = (...observed: OpenedObservation[]) => judgeDamageOfAll(observed, states, 1)
  const unread = { inOrder: [], errors: [{ offset: 0, code: 'LOG_CORRUPT' }] }
  t.match(damaged(shows(one!), shows(otherState)), { outcome: 'whole' })
  t.match(damaged(shows(one!), shows(emptyState)), { outcome: 'tornEnd' })
  t.match(damaged(shows(emptyState), shows(otherState, unread)), { outcome: 'reported' })
  t.match(damaged(shows(one!, unread), shows(one!)), { violation: 'wrong' })
})

t.test('what a log acknowledged is no promise of another', async (t) => {
  const journal = parseJournal('acknowledged 2 1\nbegins 7 1\nacknowledged 1 0\n')
  const tasks = [1, 2].map((seed) => ({ seed, start: emptyState }))
  t.match(historiesOf(tasks, journal, 0), [
    { acknowledged: 1, begins: 0 },
    { acknowledged: 2, begins: 7 },
  ])
})
