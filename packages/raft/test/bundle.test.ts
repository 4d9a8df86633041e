import type { Batch } from '@quorate/log'
import t from 'tap'
import { bundle, unbundle, unbundleAll } from '../src/bundle.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const proposal = (payload: string, count: number, timestampMs: number) => ({
  payload: new TextEncoder().encode(payload),
  count,
  attributes: 0,
  timestampMs,
})

function appended(proposals: Parameters<typeof bundle>[0], baseOffset: number): Batch {
  return { ...bundle(proposals), baseOffset, epoch: 7 }
}

t.test('a bundle gives back its proposals, at the offsets that they were promised', async (t) => {
  const batch = appended([proposal('one', 1, 10), proposal('', 3, 20), proposal('three', 1, 1.8e12)], 100)
  t.equal(batch.count, 5)
  t.same(
    unbundle(batch).map(({ baseOffset, count, epoch, timestampMs, attributes, payload }) => ({
      baseOffset,
      count,
      epoch,
      timestampMs,
      attributes,
      payload: text(payload),
    })),
    [
      { baseOffset: 100, count: 1, epoch: 7, timestampMs: 10, attributes: 0, payload: 'one' },
      { baseOffset: 101, count: 3, epoch: 7, timestampMs: 20, attributes: 0, payload: '' },
      { baseOffset: 104, count: 1, epoch: 7, timestampMs: 1.8e12, attributes: 0, payload: 'three' },
    ],
  )
})

t.test('a batch that is no bundle is left as it is', async (t) => {
  const batch: Batch = { ...proposal('x', 1, 0), baseOffset: 0, epoch: 1 }
  t.equal(unbundle(batch)[0], batch)
  const batches = [batch]
  t.equal(unbundleAll(batches), batches)
  t.equal(unbundleAll([batch, appended([proposal('a', 1, 0), proposal('b', 1, 0)], 1)]).length, 3)
})

t.test('a bundle that does not add up stops whoever reads it', async (t) => {
  const batch = appended([proposal('one', 1, 0), proposal('two', 1, 0)], 0)
  t.throws(() => unbundle({ ...batch, count: 3 }), { code: 'INVARIANT_BROKEN' })
  t.throws(() => unbundle({ ...batch, payload: batch.payload.subarray(0, -1) }), { code: 'INVARIANT_BROKEN' })
  t.throws(() => unbundle({ ...batch, payload: batch.payload.subarray(0, 30) }), { code: 'INVARIANT_BROKEN' })
})

t.test('the format is the documented one', async (t) => {
  t.equal(
    Buffer.from(bundle([proposal('ab', 2, 1_700_000_000_000)]).payload).toString('hex'),
    '0000000200000002000000004278bcfe568000006162',
  )
})
