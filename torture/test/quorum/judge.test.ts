import t from 'tap'
import type { Operation } from '../../quorum/history.ts'
import { type FinalState, judge } from '../../quorum/judge.ts'

const nothing: FinalState = new Map()

function done(
  type: Operation['type'],
  revision: number | undefined,
  invokedMs: number,
  returnedMs: number,
  more: Partial<Operation> = {},
): Operation {
  const value = type === 'read' ? { read: `v${revision}` } : { written: `v${revision}` }
  const operation = { key: 'k', type, invokedMs, returnedMs, outcome: 'done', ...more } as const
  return revision === undefined ? operation : { ...operation, ...value, revision }
}
const rules = (history: readonly Operation[], final = nothing): readonly string[] => [
  ...new Set(judge(history, final).map(({ rule }) => rule)),
]

t.test('a history in order is accepted, with calls of every outcome in it', async (t) => {
  const history: Operation[] = [
    done('read', undefined, 0, 1),
    done('write', 5, 2, 3),
    { key: 'k', type: 'write', written: 'lost in time', invokedMs: 4, outcome: 'unknown' },
    { key: 'k', type: 'write', written: 'turned away', invokedMs: 4, returnedMs: 5, outcome: 'refused' },
    done('compare-and-set', 7, 6, 7, { expected: 5 }),
    {
      key: 'k',
      type: 'compare-and-set',
      written: 'late',
      expected: 5,
      invokedMs: 8,
      returnedMs: 9,
      outcome: 'conflict',
      revision: 7,
    },
    done('read', 7, 10, 11),
    { key: 'k', type: 'delete', invokedMs: 12, returnedMs: 13, outcome: 'done', revision: 9 },
    done('read', undefined, 14, 15),
  ]
  t.same(judge(history, nothing), [])
})

t.test('a write that was acknowledged and is not there in the end is lost', async (t) => {
  const once = done('write', 5, 0, 1, { key: 'once-1' })
  t.same(rules([once]), ['lost'])
  t.same(rules([once], new Map([['once-1', { value: 'v5', revision: 5 }]])), [])
  t.same(rules([once], new Map([['once-1', { value: 'v5', revision: 6 }]])), ['lost'], 'written twice')
})

t.test('a write that was refused and is there is told', async (t) => {
  const refused: Operation = {
    key: 'once-1',
    type: 'write',
    written: 'x',
    invokedMs: 0,
    returnedMs: 1,
    outcome: 'refused',
  }
  t.same(rules([refused], new Map([['once-1', { value: 'x', revision: 5 }]])), ['resurrected'])
  t.same(rules([refused]), [])
})

t.test('a stale read breaks the order of offsets, and linearizability too', async (t) => {
  const history = [done('write', 5, 0, 1), done('write', 6, 2, 3), done('read', 5, 4, 5)]
  t.same(rules(history), ['disorder', 'not linearizable'])
})

t.test('a read of nothing after a write is not linearizable, though it names no offset', async (t) => {
  t.same(rules([done('write', 5, 0, 1), done('read', undefined, 2, 3)]), ['not linearizable'])
})

t.test('writes of different keys share one log', async (t) => {
  t.same(rules([done('write', 6, 0, 1), done('write', 5, 2, 3, { key: 'other' })]), ['disorder'])
  t.same(rules([done('write', 5, 0, 1), done('write', 5, 2, 3, { key: 'other' })]), ['disorder'])
})

t.test('a compare-and-set that found what was gone is not linearizable', async (t) => {
  const history = [
    done('write', 5, 0, 1),
    done('write', 6, 2, 3),
    done('compare-and-set', 7, 4, 5, { expected: 5 }),
  ]
  t.same(rules(history), ['not linearizable'])
})

t.test('a conflict with a value that was overwritten before the call is not linearizable', async (t) => {
  const conflict: Operation = {
    key: 'k',
    type: 'compare-and-set',
    written: 'x',
    expected: 6,
    invokedMs: 4,
    returnedMs: 5,
    outcome: 'conflict',
    revision: 5,
  }
  t.same(rules([done('write', 5, 0, 1), done('write', 6, 2, 3), conflict]), ['not linearizable'])
})
