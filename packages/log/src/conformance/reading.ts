import assert from 'node:assert/strict'
import { batch, rejects, scenario, texts } from './fixture.ts'
import type { Scenario } from './fixture.ts'

/** Promises of `read`. */
export const reading: readonly Scenario[] = [
  scenario('read from inside a batch begins with that batch', async (log) => {
    await log.write({ batches: [batch(0, 'a', { count: 2 }), batch(2, 'b', { count: 3 }), batch(5, 'c')] })
    assert.deepEqual(texts(await log.read(1)), ['a', 'b', 'c'])
    assert.deepEqual(texts(await log.read(2)), ['b', 'c'])
    assert.deepEqual(texts(await log.read(4)), ['b', 'c'])
    assert.deepEqual(texts(await log.read(5)), ['c'])
  }),

  scenario(
    'read stops before the batch that would exceed maxBytes, and returns at least one',
    async (log) => {
      await log.append(['aaa', 'bb', 'c'].map((text) => ({ payload: Buffer.from(text) })))
      assert.deepEqual(texts(await log.read(0, { maxBytes: 0 })), ['aaa'])
      assert.deepEqual(texts(await log.read(0, { maxBytes: 4 })), ['aaa'])
      assert.deepEqual(texts(await log.read(0, { maxBytes: 5 })), ['aaa', 'bb'])
      assert.deepEqual(texts(await log.read(0, { maxBytes: 6 })), ['aaa', 'bb', 'c'])
    },
  ),

  scenario('read goes on across what was written at different times', async (log) => {
    for (let index = 0; index < 100; index += 1) await log.append([{ payload: Buffer.from(String(index)) }])
    assert.deepEqual(
      texts(await log.read(37)),
      Array.from({ length: 63 }, (_, index) => String(37 + index)),
    )
  }),

  scenario('read outside the log is refused, at its end it is empty', async (log) => {
    await log.append([{ payload: Buffer.from('a') }])
    assert.deepEqual(await log.read(1), [])
    for (const offset of [-1, 2, 0.5, Number.NaN]) await rejects(log.read(offset), 'LOG_OFFSET_OUT_OF_RANGE')
  }),

  scenario('read returns only what is durable', async (log) => {
    await log.append([{ payload: Buffer.from('a') }])
    const appending = log.append([{ payload: Buffer.from('b') }])
    const before = log.read(0)
    assert.ok(texts(await before).length <= 2)
    await appending
    assert.deepEqual(texts(await log.read(0)), ['a', 'b'])
  }),

  scenario('readers and writers do not disturb each other', async (log) => {
    const appends: Promise<unknown>[] = []
    for (let index = 0; index < 50; index += 1) {
      appends.push(log.append([{ payload: Buffer.from(String(index)) }]))
      const batches = await log.read(0)
      assert.deepEqual(
        texts(batches),
        batches.map((_, position) => String(position)),
      )
    }
    await Promise.all(appends)
    assert.equal((await log.read(0)).length, 50)
  }),

  scenario(
    'reading while the log grows and its start moves gives what is there, or is out of range',
    async (log) => {
      const writing: Promise<unknown>[] = []
      let read = 0
      for (let index = 0; index < 100; index += 1) {
        writing.push(log.append([{ payload: Buffer.from(String(index)) }]))
        if (index % 5 === 0) writing.push(log.deleteBefore(Math.max(log.endOffset - 7, log.startOffset)))
        if (index % 3 === 0) await writing.at(-1)
        const from = Math.max(log.endOffset - 10, log.startOffset)
        try {
          const found = texts(await log.read(from))
          assert.deepEqual(
            found,
            found.map((_, position) => String(from + position)),
          )
          read += found.length
        } catch (error) {
          await rejects(Promise.reject(error), 'LOG_OFFSET_OUT_OF_RANGE')
          assert.ok(from < log.startOffset)
        }
      }
      await Promise.all(writing)
      assert.ok(read > 0)
      assert.equal(log.endOffset, 100)
    },
  ),
]
