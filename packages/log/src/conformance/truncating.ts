import assert from 'node:assert/strict'
import { batch, contents, rejects, scenario } from './fixture.ts'
import type { Scenario } from './fixture.ts'

/** Promises of `truncate`, and of a cut inside a write. */
export const truncating: readonly Scenario[] = [
  scenario('truncate removes the suffix and its epochs', async (log) => {
    await log.write({ batches: [batch(0, 'a', { epoch: 1 }), batch(1, 'b', { epoch: 1 })] })
    await log.write({ batches: [batch(2, 'c', { epoch: 3 })] })
    await log.truncate(1)
    assert.equal(log.endOffset, 1)
    assert.deepEqual(log.epochs, [{ epoch: 1, startOffset: 0 }])
    assert.deepEqual(await contents(log), ['a'])
  }),

  scenario('truncate to the start leaves an empty log that can be appended to', async (log) => {
    await log.write({ batches: [batch(0, 'a', { epoch: 4 })] })
    await log.truncate(0)
    assert.deepEqual(log.epochs, [])
    assert.deepEqual(await log.append([{ payload: Buffer.from('b'), epoch: 2 }]), [0])
    assert.deepEqual(await contents(log), ['b'])
  }),

  scenario('truncate to the end changes nothing', async (log) => {
    await log.write({ batches: [batch(0, 'a')] })
    await log.truncate(1)
    assert.deepEqual(await contents(log), ['a'])
  }),

  scenario('a cut outside the log is refused', async (log) => {
    await log.write({ batches: [batch(0, 'a')] })
    await rejects(log.truncate(2), 'LOG_OFFSET_OUT_OF_RANGE')
    await rejects(log.truncate(-1), 'LOG_OFFSET_OUT_OF_RANGE')
    await rejects(log.truncate(0.5), 'LOG_OFFSET_OUT_OF_RANGE')
  }),

  scenario('a cut inside a batch is refused, with all of its write', async (log) => {
    await log.write({ batches: [batch(0, 'a'), batch(1, 'b', { count: 3 })] })
    const write = { truncateTo: 2, batches: [batch(2, 'c')], hardState: { epoch: 1 } }
    await rejects(log.write(write), 'LOG_OFFSET_OUT_OF_RANGE')
    assert.deepEqual(await contents(log), ['a', 'b'])
    assert.equal(log.hardState, undefined)
    assert.deepEqual(await log.append([{ payload: Buffer.from('d') }]), [4])
  }),

  scenario('one write cuts, appends and replaces the hard state', async (log) => {
    await log.write({ batches: [batch(0, 'a', { epoch: 1 }), batch(1, 'b', { epoch: 2 })] })
    await log.write({ truncateTo: 1, batches: [batch(1, 'c', { epoch: 3 })], hardState: { epoch: 3 } })
    assert.deepEqual(await contents(log), ['a', 'c'])
    assert.deepEqual(log.hardState, { epoch: 3 })
    assert.deepEqual(log.epochs, [
      { epoch: 1, startOffset: 0 },
      { epoch: 3, startOffset: 1 },
    ])
  }),

  scenario('an epoch that was cut off can begin again elsewhere', async (log) => {
    await log.write({ batches: [batch(0, 'a', { epoch: 1 }), batch(1, 'b', { epoch: 3 })] })
    await log.write({ truncateTo: 1, batches: [batch(1, 'c', { epoch: 1 }), batch(2, 'd', { epoch: 3 })] })
    assert.deepEqual(log.epochs, [
      { epoch: 1, startOffset: 0 },
      { epoch: 3, startOffset: 2 },
    ])
  }),

  scenario('reading while the log is cut and written again never shows a gap', async (log) => {
    await log.append(Array.from({ length: 20 }, (_, index) => ({ payload: Buffer.from(String(index)) })))
    const writes: Promise<unknown>[] = []
    const reads: Promise<readonly { readonly baseOffset: number }[]>[] = []
    for (let round = 0; round < 20; round += 1) {
      writes.push(
        log.truncate(10),
        log.append(Array.from({ length: 10 }, () => ({ payload: Buffer.from('new') }))),
      )
      reads.push(log.read(5))
      await Promise.race([writes.at(-1), reads.at(-1)])
    }
    await Promise.all(writes)
    for (const batches of await Promise.all(reads)) {
      assert.ok(batches.length >= 5)
      assert.deepEqual(
        batches.map(({ baseOffset }) => baseOffset),
        batches.map((_, index) => 5 + index),
      )
    }
  }),
]
