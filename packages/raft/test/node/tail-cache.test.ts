import t from 'tap'
import { TailCache } from '../../src/node/tail-cache.ts'
import { batch } from '../core/harness.ts'

const offsets = (batches: readonly { baseOffset: number }[] | undefined) =>
  batches?.map(({ baseOffset }) => baseOffset)

t.test('it gives what it holds, and says where to ask the log instead', async (t) => {
  const cache = new TailCache(5, 1_000)
  t.same(cache.read(5, Infinity, 1_000), [], 'the end of the log holds nothing yet')
  t.equal(cache.read(4, Infinity, 1_000), undefined)
  cache.append([batch(5, 1), batch(6, 1), batch(7, 1)])
  t.same(offsets(cache.read(6, Infinity, 1_000)), [6, 7])
  t.same(offsets(cache.read(5, 7, 1_000)), [5, 6], 'not beyond the end asked for')
  t.same(offsets(cache.read(5, Infinity, 1)), [5], 'one batch at least')
})

t.test('a cut takes the suffix away, and appending goes on from there', async (t) => {
  const cache = new TailCache(0, 1_000)
  cache.append([batch(0, 1), batch(1, 1), batch(2, 1)])
  cache.truncate(1)
  cache.append([batch(1, 2)])
  t.same(
    cache.read(0, Infinity, 1_000)?.map(({ epoch }) => epoch),
    [1, 2],
  )
  t.throws(() => cache.append([batch(5, 2)]), { code: 'INVARIANT_BROKEN' })
})

t.test('it forgets the oldest, but nothing that is still needed', async (t) => {
  const cache = new TailCache(0, 250)
  for (let offset = 0; offset < 5_000; offset += 1) cache.append([batch(offset, 1)])
  cache.evict(4_000)
  t.equal(cache.startOffset, 4_000)
  cache.evict(5_000)
  t.same(offsets(cache.read(cache.startOffset, Infinity, 10_000)), [4_998, 4_999], 'as many as fit stay')
  t.equal(cache.bytesFrom(4_999), 101)
})
