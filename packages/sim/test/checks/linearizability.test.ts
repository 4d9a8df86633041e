import * as fc from 'fast-check'
import t from 'tap'
import { checkLinearizability, type RegisterOperation } from '../../src/checks/linearizability.ts'

function write(value: number, invokedAt: number, returnedAt?: number, key = 1): RegisterOperation {
  return { key, type: 'write', value, invokedAt, ...(returnedAt === undefined ? {} : { returnedAt }) }
}

function read(value: number | undefined, invokedAt: number, returnedAt: number, key = 1): RegisterOperation {
  return { key, type: 'read', value, invokedAt, returnedAt }
}

/** A compare-and-set that succeeded, or whose outcome is unknown. */
function swap(
  expected: number | undefined,
  value: number,
  invokedAt: number,
  returnedAt?: number,
): RegisterOperation {
  const returned = returnedAt === undefined ? {} : { returnedAt }
  return { key: 1, type: 'compare-and-set', expected, value, invokedAt, ...returned }
}

function remove(invokedAt: number, returnedAt?: number): RegisterOperation {
  return {
    key: 1,
    type: 'write',
    value: undefined,
    invokedAt,
    ...(returnedAt === undefined ? {} : { returnedAt }),
  }
}

const good: Readonly<Record<string, readonly RegisterOperation[]>> = {
  'nothing at all': [],
  'a read of nothing before the first write': [read(undefined, 0, 1), write(1, 2, 3), read(1, 4, 5)],
  'a read that overlaps a write sees either': [
    write(1, 0, 1),
    write(2, 2, 6),
    read(1, 3, 4),
    read(2, 4.5, 5),
  ],
  'a write of unknown outcome that took effect': [write(1, 0, 1), write(2, 2), read(2, 3, 4)],
  'a write of unknown outcome that takes effect late': [
    write(1, 0, 1),
    write(2, 2),
    read(1, 3, 4),
    read(2, 9, 10),
  ],
  'a write of unknown outcome that never does': [write(1, 0, 1), write(2, 2), read(1, 3, 4), read(1, 9, 10)],
  'a compare-and-set on nothing': [swap(undefined, 1, 0, 1), read(1, 2, 3)],
  'compare-and-sets that each find what another left': [
    write(1, 0, 1),
    swap(2, 3, 2, 9),
    swap(1, 2, 2, 9),
    read(3, 10, 11),
  ],
  'a compare-and-set of unknown outcome, seen by another': [
    write(1, 0, 1),
    swap(1, 2, 2),
    swap(2, 3, 4, 5),
    read(3, 6, 7),
  ],
  'a delete of unknown outcome that took effect late': [
    write(1, 0, 1),
    remove(2),
    read(1, 3, 4),
    read(undefined, 5, 6),
    write(2, 7, 8),
  ],
  'two deletes of unknown outcome, each of which is needed': [
    write(1, 0, 1),
    remove(2),
    remove(2),
    read(undefined, 3, 4),
    write(2, 5, 6),
    read(undefined, 7, 8),
  ],
  'a write of unknown outcome that only an unknown compare-and-set may have seen': [
    write(1, 0, 1),
    write(2, 2),
    { ...remove(3), type: 'compare-and-set', expected: 2 },
    read(1, 4, 5),
  ],
  'keys that know nothing of each other': [write(1, 0, 1), read(undefined, 2, 3, 2), read(1, 2, 3)],
}

const bad: Readonly<Record<string, readonly RegisterOperation[]>> = {
  'a stale read': [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)],
  'a lost write': [write(1, 0, 1), read(undefined, 2, 3)],
  'a value from nowhere': [write(1, 0, 1), read(7, 2, 3)],
  'a value from the future': [read(1, 0, 1), write(1, 2, 3)],
  'two reads that go back in time': [write(1, 0, 1), write(2, 2, 9), read(2, 3, 4), read(1, 5, 6)],
  'a write of unknown outcome that is undone': [write(1, 0, 1), write(2, 2), read(2, 3, 4), read(1, 5, 6)],
  'a compare-and-set that found what was gone': [write(1, 0, 1), write(2, 2, 3), swap(1, 3, 4, 5)],
  'two compare-and-sets that both found the same': [write(1, 0, 1), swap(1, 2, 2, 9), swap(1, 3, 2, 9)],
  'a compare-and-set of unknown outcome that was seen and could not be': [
    write(1, 0, 1),
    swap(7, 2, 2),
    read(2, 3, 4),
  ],
  'more deletes seen than there were': [
    write(1, 0, 1),
    remove(2),
    read(undefined, 3, 4),
    write(2, 5, 6),
    read(undefined, 7, 8),
  ],
  'a delete before it was called': [write(1, 0, 1), read(undefined, 2, 3), remove(4)],
  'a bad key among good ones': [
    write(1, 0, 1, 1),
    write(2, 0, 1, 2),
    read(1, 2, 3, 1),
    read(undefined, 2, 3, 2),
  ],
}

for (const [name, history] of Object.entries(good)) {
  t.test(`accepts ${name}`, async (t) => t.equal(checkLinearizability(history), 'linearizable'))
}

for (const [name, history] of Object.entries(bad)) {
  t.test(`refuses ${name}`, async (t) => t.equal(checkLinearizability(history), 'not linearizable'))
}

t.test('a search that takes too long is neither', async (t) => {
  const history = Array.from({ length: 12 }, (_, index) => write(index, 0, 100)).concat(read(99, 0, 100))
  t.equal(checkLinearizability(history, 50), 'unknown')
})

t.test('a long history with many changes of unknown outcome is decided in steps, not by luck', async (t) => {
  const history = Array.from({ length: 2_000 }, (_, turn): RegisterOperation[] => {
    const at = turn * 10
    const unknown = turn % 20 === 0 ? [remove(at), write(-turn - 1, at)] : []
    return [
      ...unknown,
      write(turn, at, at + 6),
      swap(turn, turn + 0.5, at + 1, at + 7),
      read(turn + 0.5, at + 8, at + 9),
    ]
  }).flat()
  t.equal(checkLinearizability(history, 50_000), 'linearizable')
  t.equal(checkLinearizability([...history, read(0, 30_000, 30_001)], 5_000_000), 'not linearizable')
})

/** Histories of a real register: each operation takes effect at a moment of its own, between its call and its return. */
const realHistories = fc
  .array(
    fc.record({
      isWrite: fc.boolean(),
      effectAt: fc.integer({ min: 0, max: 100 }),
      before: fc.integer({ min: 0, max: 20 }),
      after: fc.integer({ min: 0, max: 20 }),
    }),
    { maxLength: 14 },
  )
  .map((plans) => {
    let register: number | undefined
    return plans
      .map((plan, index) => ({ ...plan, at: plan.effectAt + index / 100 }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ isWrite, at, before, after }, index): RegisterOperation => {
        if (!isWrite) return read(register, at - before, at + after)
        register = index
        return write(index, at - before, at + after)
      })
  })

t.test('accepts whatever a real register does', async (t) => {
  fc.assert(fc.property(realHistories, (history) => checkLinearizability(history) === 'linearizable'))
  t.pass()
})

t.test('refuses a real history with one read of what nobody wrote', async (t) => {
  fc.assert(
    fc.property(realHistories, fc.integer({ min: 0, max: 200 }), (history, at) => {
      return checkLinearizability([...history, read(-1, at, at + 1)]) === 'not linearizable'
    }),
  )
  t.pass()
})
