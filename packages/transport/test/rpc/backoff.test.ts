import * as fc from 'fast-check'
import t from 'tap'
import { backoffMs } from '../../src/rpc/backoff.ts'

const limits = { minMs: 20, maxMs: 1_000 }

t.test('the wait doubles with each attempt until it reaches its ceiling', async (t) => {
  const longest = Array.from({ length: 8 }, (_, attempt) => backoffMs(attempt, () => 1, limits))
  t.strictSame(longest, [40, 80, 160, 320, 640, 1_000, 1_000, 1_000])
  const shortest = Array.from({ length: 8 }, (_, attempt) => backoffMs(attempt, () => 0, limits))
  t.strictSame(shortest, [20, 40, 80, 160, 320, 500, 500, 500])
})

t.test('no wait is ever outside its limits', async () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const wait = backoffMs(attempt, () => random, limits)
      return wait >= limits.minMs && wait <= limits.maxMs
    }),
  )
})
