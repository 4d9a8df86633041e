import * as fc from 'fast-check'
import t from 'tap'
import { placePartitions } from '../../src/placement/striped-placer.ts'
import type { UsableBroker } from '../../src/placement/striped-placer.ts'
import { seededRandom } from '../support/model.ts'

const brokers = (count: number, racks = 1, fenced: readonly number[] = []): UsableBroker[] =>
  Array.from({ length: count }, (_, brokerId) => ({
    brokerId,
    rack: racks === 1 ? undefined : `rack-${brokerId % racks}`,
    fenced: fenced.includes(brokerId),
  }))

const counts = (ids: readonly number[]): number[] =>
  Array.from(Map.groupBy(ids, (id) => id).values(), (g) => g.length)

t.test('replicas and leaders are spread evenly over brokers', async (t) => {
  const placed = placePartitions({
    brokers: brokers(4),
    partitions: 40,
    replicationFactor: 3,
    random: seededRandom(1),
  })
  t.same(counts(placed.map(([leader]) => leader ?? -1)), [10, 10, 10, 10])
  t.same(counts(placed.flat()), [30, 30, 30, 30])
})

t.test('each partition has a replica in every rack, and every broker of a rack leads', async (t) => {
  for (const [count, racks] of [
    [6, 3],
    [9, 3],
    [6, 2],
  ] as const) {
    const placed = placePartitions({
      brokers: brokers(count, racks),
      partitions: count * 6,
      replicationFactor: racks,
      random: seededRandom(count),
    })
    for (const replicas of placed) t.equal(new Set(replicas.map((id) => id % racks)).size, racks)
    t.same(
      counts(placed.map(([leader]) => leader ?? -1)),
      Array.from({ length: count }, () => 6),
      `${count} brokers in ${racks} racks`,
    )
  }
})

t.test(
  'a fenced broker gets replicas only where unfenced ones do not suffice, and never leads',
  async (t) => {
    const spared = placePartitions({
      brokers: brokers(4, 1, [0]),
      partitions: 12,
      replicationFactor: 3,
      random: seededRandom(1),
    })
    t.notOk(spared.flat().includes(0))
    const needed = placePartitions({
      brokers: brokers(3, 1, [0]),
      partitions: 12,
      replicationFactor: 3,
      random: seededRandom(1),
    })
    t.ok(needed.every((replicas) => replicas.length === 3 && replicas[0] !== 0))
  },
)

const place = (usable: UsableBroker[]) => () =>
  placePartitions({ brokers: usable, partitions: 1, replicationFactor: 3, random: seededRandom(1) })

t.test('too few brokers, or none unfenced, are refused', async (t) => {
  t.throws(place(brokers(2)), { code: 'INVALID_REPLICATION_FACTOR', message: /2 can be used/ })
  t.throws(place(brokers(3, 1, [0, 1, 2])), {
    code: 'INVALID_REPLICATION_FACTOR',
    message: /all brokers are fenced/,
  })
  t.throws(place([]), { code: 'INVALID_REPLICATION_FACTOR' })
})

t.test(
  'whatever the brokers and racks, no partition has two replicas on one broker or a fenced leader',
  async () => {
    const broker = fc.record({
      rack: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
      fenced: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(broker, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer(),
        (members, partitions, factor, seed) => {
          const usable = members.map((member, brokerId) => ({ ...member, brokerId }))
          fc.pre(usable.some(({ fenced }) => !fenced) && factor <= usable.length)
          const racks = new Set(usable.map(({ rack }) => rack)).size
          const placed = placePartitions({
            brokers: usable,
            partitions,
            replicationFactor: factor,
            random: seededRandom(seed),
          })
          return placed.every(
            (replicas) =>
              replicas.length === factor &&
              new Set(replicas).size === factor &&
              usable[replicas[0] ?? -1]?.fenced === false &&
              new Set(replicas.map((id) => usable[id]?.rack)).size >= Math.min(racks, factor) - 1,
          )
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  },
)
