import assert from 'node:assert/strict'
import { batch, contents, rejects, scenario } from './fixture.ts'
import type { Scenario } from './fixture.ts'

/** Promises of `write`, and of the getters. */
export const writing: readonly Scenario[] = [
  scenario('write stores batches at the offsets they bring', async (log) => {
    await log.write({ batches: [batch(0, 'a', { count: 2 }), batch(2, 'b')] })
    assert.equal(log.endOffset, 3)
    assert.deepEqual(await contents(log), ['a', 'b'])
  }),

  scenario('a gap is refused, before the log and inside the write, and nothing is written', async (log) => {
    await rejects(log.write({ batches: [batch(1, 'a')] }), 'LOG_OFFSET_OUT_OF_RANGE')
    await rejects(log.write({ batches: [batch(0, 'a'), batch(2, 'b')] }), 'LOG_OFFSET_OUT_OF_RANGE')
    await rejects(log.write({ batches: [batch(0, 'a', { epoch: 2 }), batch(1, 'b')] }), 'LOG_BATCH_INVALID')
    assert.equal(log.endOffset, 0)
  }),

  scenario('a write that is refused takes its hard state with it', async (log) => {
    await rejects(log.write({ batches: [batch(9, 'a')], hardState: { epoch: 3 } }), 'LOG_OFFSET_OUT_OF_RANGE')
    assert.equal(log.hardState, undefined)
  }),

  scenario('the hard state is replaced as a whole', async (log) => {
    const hardState = { epoch: 7, vote: { id: 3, directoryId: 'röd' } }
    await log.write({ hardState })
    assert.deepEqual(log.hardState, hardState)
    await log.write({ hardState: { epoch: 8 } })
    assert.deepEqual(log.hardState, { epoch: 8 })
    await log.write({ batches: [batch(0, 'a')] })
    assert.deepEqual(log.hardState, { epoch: 8 })
  }),

  scenario('a hard state that its format cannot hold is refused', async (log) => {
    await rejects(log.write({ hardState: { epoch: -1 } }), 'LOG_HARD_STATE_INVALID')
    await rejects(
      log.write({ hardState: { epoch: 1, vote: { id: 0.5, directoryId: '' } } }),
      'LOG_HARD_STATE_INVALID',
    )
    await rejects(
      log.write({ hardState: { epoch: 1, vote: { id: 1, directoryId: 'x'.repeat(256) } } }),
      'LOG_HARD_STATE_INVALID',
    )
  }),

  scenario('writes and appends take effect in call order', async (log) => {
    const done = [
      log.write({ batches: [batch(0, 'a')] }),
      log.append([{ payload: Buffer.from('b') }]),
      log.write({ truncateTo: 1, batches: [batch(1, 'c')] }),
      log.append([{ payload: Buffer.from('d') }]),
      log.truncate(2),
      log.append([{ payload: Buffer.from('e') }]),
    ]
    await Promise.all(done)
    assert.deepEqual(await contents(log), ['a', 'c', 'e'])
  }),

  scenario('the getters change when a write resolves, and not before', async (log) => {
    const writing = log.write({ batches: [batch(0, 'a', { epoch: 1 })], hardState: { epoch: 1 } })
    assert.equal(log.endOffset, 0)
    assert.deepEqual(log.epochs, [])
    assert.equal(log.hardState, undefined)
    await writing
    assert.equal(log.endOffset, 1)
    assert.deepEqual(log.epochs, [{ epoch: 1, startOffset: 0 }])
    assert.deepEqual(log.hardState, { epoch: 1 })
  }),

  scenario('epochs lists where each epoch begins', async (log) => {
    await log.write({ batches: [batch(0, 'a', { epoch: 2, count: 3 }), batch(3, 'b', { epoch: 2 })] })
    await log.write({ batches: [batch(4, 'c', { epoch: 5 }), batch(5, 'd', { epoch: 6 })] })
    assert.deepEqual(log.epochs, [
      { epoch: 2, startOffset: 0 },
      { epoch: 5, startOffset: 4 },
      { epoch: 6, startOffset: 5 },
    ])
  }),

  scenario(
    'endOffsetForEpoch answers for the largest epoch that is not above the one asked for',
    async (log) => {
      assert.equal(log.endOffsetForEpoch(9), undefined)
      await log.write({ batches: [batch(0, 'a', { epoch: 2 }), batch(1, 'b', { epoch: 5 })] })
      assert.equal(log.endOffsetForEpoch(1), undefined)
      assert.deepEqual(log.endOffsetForEpoch(2), { epoch: 2, endOffset: 1 })
      assert.deepEqual(log.endOffsetForEpoch(4), { epoch: 2, endOffset: 1 })
      assert.deepEqual(log.endOffsetForEpoch(5), { epoch: 5, endOffset: 2 })
      assert.deepEqual(log.endOffsetForEpoch(9), { epoch: 5, endOffset: 2 })
    },
  ),

  scenario('an empty write resolves', async (log) => {
    await log.write({})
    assert.equal(log.endOffset, 0)
  }),
]
