import assert from 'node:assert/strict'
import { batch, contents, rejects, scenario } from './fixture.ts'
import type { Scenario } from './fixture.ts'

/** Promises of `deleteBefore`, `reset` and `offsetForTimestamp`. */
export const dropping: readonly Scenario[] = [
  scenario('deleteBefore the end drops everything, and the log goes on where it was', async (log) => {
    await log.append([{ payload: Buffer.from('a'), epoch: 2 }, { payload: Buffer.from('b') }])
    assert.equal(await log.deleteBefore(2), 2)
    assert.deepEqual([log.startOffset, log.endOffset, log.epochs], [2, 2, []])
    assert.deepEqual(await log.read(2), [])
    await rejects(log.read(1), 'LOG_OFFSET_OUT_OF_RANGE')
    assert.deepEqual(await log.append([{ payload: Buffer.from('c') }]), [2])
    assert.deepEqual(log.epochs, [{ epoch: 2, startOffset: 2 }], 'the last epoch is not forgotten')
    assert.deepEqual(await contents(log), ['c'])
  }),

  scenario('deleteBefore never drops what is at the offset or behind it', async (log) => {
    for (let index = 0; index < 9; index += 1)
      await log.append([{ payload: Buffer.from(String(index)), count: 2, epoch: Math.floor(index / 3) }])
    const start = await log.deleteBefore(9)
    assert.ok(start <= 8, 'the batch that holds offset 9 begins at 8')
    assert.equal(log.startOffset, start)
    assert.deepEqual((await contents(log)).at(-1), '8')
    assert.equal(log.epochs[0]?.startOffset, start)
    assert.equal(log.epochs.at(-1)?.epoch, 2)
  }),

  scenario('deleteBefore outside the log is refused behind it, and does nothing before it', async (log) => {
    await log.append([{ payload: Buffer.from('a') }])
    await rejects(log.deleteBefore(2), 'LOG_OFFSET_OUT_OF_RANGE')
    await rejects(log.deleteBefore(-1), 'LOG_OFFSET_OUT_OF_RANGE')
    await rejects(log.deleteBefore(0.5), 'LOG_OFFSET_OUT_OF_RANGE')
    await log.deleteBefore(1)
    assert.equal(await log.deleteBefore(0), 1)
  }),

  scenario('a log cannot be cut before its start', async (log) => {
    await log.append([{ payload: Buffer.from('a') }])
    await log.deleteBefore(1)
    await log.append([{ payload: Buffer.from('b') }])
    await rejects(log.truncate(0), 'LOG_OFFSET_OUT_OF_RANGE')
    await log.truncate(1)
    assert.deepEqual([log.startOffset, log.endOffset], [1, 1])
    assert.deepEqual(await log.append([{ payload: Buffer.from('c') }]), [1])
    assert.deepEqual(await contents(log), ['c'])
  }),

  scenario('an epoch below that of what was dropped is refused', async (log) => {
    await log.append([{ payload: Buffer.from('a'), epoch: 5 }])
    await log.deleteBefore(1)
    await rejects(log.append([{ payload: Buffer.from('b'), epoch: 4 }]), 'LOG_BATCH_INVALID')
    assert.deepEqual(await log.append([{ payload: Buffer.from('b'), epoch: 6 }]), [1])
  }),

  scenario('reset forgets everything and goes on at the offset and epoch given', async (log) => {
    await log.write({ batches: [batch(0, 'a', { epoch: 1 })], hardState: { epoch: 3 } })
    await rejects(log.reset(0, 3), 'LOG_OFFSET_OUT_OF_RANGE')
    await rejects(log.reset(100, 0), 'LOG_BATCH_INVALID')
    await log.reset(100, 7)
    assert.deepEqual([log.startOffset, log.endOffset, log.epochs], [100, 100, []])
    assert.deepEqual(log.hardState, { epoch: 3 })
    await rejects(log.write({ batches: [batch(100, 'b', { epoch: 6 })] }), 'LOG_BATCH_INVALID')
    await log.write({ batches: [batch(100, 'b', { epoch: 7 })] })
    assert.deepEqual(await contents(log), ['b'])
  }),

  {
    name: 'the start of a log is where it was after the log was opened again',
    run: async (open) => {
      const before = await open()
      await before.append([{ payload: Buffer.from('a'), epoch: 1 }])
      await before.deleteBefore(1)
      await before.close()
      const empty = await open()
      assert.deepEqual([empty.startOffset, empty.endOffset], [1, 1])
      assert.deepEqual(await empty.append([{ payload: Buffer.from('b') }]), [1])
      await empty.close()
      const after = await open()
      assert.deepEqual(await contents(after), ['b'])
      assert.deepEqual(after.epochs, [{ epoch: 1, startOffset: 1 }])
      await after.reset(10, 4)
      await after.close()
      const reset = await open()
      assert.deepEqual([reset.startOffset, reset.endOffset], [10, 10])
      await rejects(reset.append([{ payload: Buffer.from('c'), epoch: 3 }]), 'LOG_BATCH_INVALID')
      assert.deepEqual(await reset.append([{ payload: Buffer.from('c') }]), [10])
      await reset.close()
    },
  },

  scenario('a batch is found by its time, also where times go back', async (log) => {
    assert.equal(await log.offsetForTimestamp(0), undefined)
    const times = [10, 30, 20, 30, 50, 40]
    for (const [index, timestampMs] of times.entries())
      await log.append([{ payload: Buffer.from(String(index)), count: 2, timestampMs }])
    for (const wanted of [0, 10, 11, 30, 31, 50]) {
      const index = times.findIndex((timestampMs) => timestampMs >= wanted)
      const found = { offset: index * 2, timestampMs: times[index] }
      assert.deepEqual(await log.offsetForTimestamp(wanted), found, `first at or after ${wanted}`)
    }
    assert.equal(await log.offsetForTimestamp(51), undefined)
    await log.truncate(8)
    assert.equal(await log.offsetForTimestamp(31), undefined, 'what was cut off is not found')
  }),

  scenario('the segments cover the log without a gap', async (log) => {
    assert.equal(log.segments.length, 0)
    for (let index = 0; index < 12; index += 1)
      await log.append([{ payload: Buffer.alloc(50), timestampMs: index, epoch: index }])
    let offset = log.startOffset
    for (const segment of log.segments) {
      assert.equal(segment.baseOffset, offset)
      assert.ok(segment.bytes > 0)
      assert.equal(segment.firstTimestampMs, segment.baseOffset)
      assert.equal(segment.maxTimestampMs, segment.endOffset - 1)
      assert.deepEqual([segment.firstEpoch, segment.lastEpoch], [segment.baseOffset, segment.endOffset - 1])
      offset = segment.endOffset
    }
    assert.equal(offset, log.endOffset)
  }),
]
