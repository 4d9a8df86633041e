import assert from 'node:assert/strict'
import type { Batch } from '../batch.ts'
import type { Log, TailOptions } from '../log.ts'
import { batch, rejects, scenario } from './fixture.ts'
import type { Scenario } from './fixture.ts'

/** The next `count` payloads of a tail, as text. */
async function next(tail: AsyncIterator<Batch>, count: number): Promise<string[]> {
  const found: string[] = []
  while (found.length < count) {
    const { done, value } = await tail.next()
    if (done === true) break
    found.push(Buffer.from(value.payload).toString())
  }
  return found
}

function tailOf(log: Log, options?: TailOptions): AsyncIterator<Batch> {
  return log.tail(options)[Symbol.asyncIterator]()
}

function texts(...payloads: string[]): { readonly payload: Uint8Array }[] {
  return payloads.map((text) => ({ payload: Buffer.from(text) }))
}

/** Promises of `tail`. */
export const tailing: readonly Scenario[] = [
  scenario('a tail gives what is there, and then what becomes durable', async (log) => {
    await log.append(texts('a', 'b'))
    const tail = tailOf(log)
    assert.deepEqual(await next(tail, 2), ['a', 'b'])
    const waiting = next(tail, 2)
    await log.append(texts('c'))
    await log.append(texts('d'))
    assert.deepEqual(await waiting, ['c', 'd'])
  }),

  scenario('a tail begins with the batch that holds the offset it was given', async (log) => {
    await log.write({ batches: [batch(0, 'a', { count: 2 }), batch(2, 'b', { count: 3 }), batch(5, 'c')] })
    assert.deepEqual(await next(tailOf(log, { from: 3 }), 2), ['b', 'c'])
    const live = tailOf(log, { from: log.endOffset })
    const waiting = next(live, 1)
    await log.append(texts('d'))
    assert.deepEqual(await waiting, ['d'])
  }),

  scenario('a tail from outside the log is refused, and options that make no sense too', async (log) => {
    await rejects(next(tailOf(log, { from: 1 }), 1), 'LOG_OFFSET_OUT_OF_RANGE')
    for (const wrong of [{ from: -1 }, { from: 0.5 }, { maxBytes: -1 }, { form: 0 } as TailOptions])
      assert.throws(() => log.tail(wrong), TypeError)
  }),

  scenario('several tails go at their own pace, with any limit', async (log) => {
    const payloads = Array.from({ length: 300 }, (_, index) => String(index))
    const tails = [{ maxBytes: 0 }, { maxBytes: 7 }, {}].map((options) => tailOf(log, options))
    const reading = tails.map((tail) => next(tail, payloads.length))
    for (let index = 0; index < payloads.length; index += 30)
      await Promise.all(payloads.slice(index, index + 30).map((text) => log.append(texts(text))))
    for (const found of await Promise.all(reading)) assert.deepEqual(found, payloads)
  }),

  scenario('an abort ends a tail that waits, and one that does not', async (log) => {
    await log.append(texts('a', 'b', 'c'))
    const controller = new AbortController()
    const options = { signal: controller.signal }
    const [waiting, busy] = [tailOf(log, options), tailOf(log, options)]
    assert.deepEqual(await next(waiting, 3), ['a', 'b', 'c'])
    assert.deepEqual(await next(busy, 1), ['a'])
    const ending = waiting.next()
    controller.abort()
    assert.equal((await ending).done, true)
    assert.equal((await busy.next()).done, true)
    assert.equal((await tailOf(log, options).next()).done, true)
  }),

  scenario('closing the log ends a tail', async (log) => {
    await log.append(texts('a', 'b'))
    const [waiting, busy] = [tailOf(log, { from: 2 }), tailOf(log)]
    const ending = waiting.next()
    assert.deepEqual(await next(busy, 1), ['a'])
    await log.close()
    assert.equal((await ending).done, true)
    assert.equal((await busy.next()).done, true)
    assert.equal((await tailOf(log).next()).done, true)
  }),

  scenario(
    'a cut of what a tail gave out is LOG_TRUNCATED, although the log has grown again',
    async (log) => {
      await log.append(texts('a', 'b', 'c', 'd'))
      const waiting = tailOf(log)
      assert.deepEqual(await next(waiting, 4), ['a', 'b', 'c', 'd'])
      const ended = rejects(next(waiting, 1), 'LOG_TRUNCATED')
      const busy = tailOf(log)
      assert.deepEqual(await next(busy, 2), ['a', 'b'])

      await log.write({ truncateTo: 2, batches: [batch(2, 'x')] })
      await log.write({
        truncateTo: 1,
        batches: [batch(1, 'y'), batch(2, 'z'), batch(3, 'z'), batch(4, 'z')],
      })
      await log.append(texts('e'))
      await assert.rejects(busy.next(), { code: 'LOG_TRUNCATED', details: { endOffset: 1 } })
      await ended
      assert.deepEqual(await next(tailOf(log, { from: 1 }), 1), ['y'])
    },
  ),

  scenario(
    'a cut behind what a tail gave out is followed: it goes on with what is there now',
    async (log) => {
      await log.append(texts('a', 'b', 'c', 'd'))
      const tail = tailOf(log)
      assert.deepEqual(await next(tail, 2), ['a', 'b'])
      await log.write({ truncateTo: 2, batches: [batch(2, 'x')] })
      assert.deepEqual(await next(tail, 1), ['x'])
      const waiting = next(tail, 1)
      await log.append(texts('y'))
      assert.deepEqual(await waiting, ['y'])
    },
  ),

  scenario('what is dropped while a tail is before it is out of range, and not given out', async (log) => {
    for (let index = 0; index < 4; index += 1) await log.append(texts(String(index)))
    const [behind, waiting] = [tailOf(log), tailOf(log, { from: 4 })]
    assert.deepEqual(await next(behind, 1), ['0'])
    const live = next(waiting, 1)
    assert.equal(await log.deleteBefore(4), 4)
    await assert.rejects(behind.next(), {
      code: 'LOG_OFFSET_OUT_OF_RANGE',
      details: { offset: 1, startOffset: 4, endOffset: 4 },
    })
    await log.append(texts('4'))
    assert.deepEqual(await live, ['4'])
    assert.deepEqual(await next(tailOf(log), 1), ['4'])
  }),

  scenario('a tail goes on after a reset at the end that it had reached, and nowhere else', async (log) => {
    await log.append(texts('a', 'b', 'c'))
    const [behind, waiting] = [tailOf(log), tailOf(log, { from: 3 })]
    assert.deepEqual(await next(behind, 1), ['a'])
    const live = next(waiting, 1)
    await log.reset(3, 1)
    await rejects(next(behind, 1), 'LOG_OFFSET_OUT_OF_RANGE')
    await log.append(texts('d'))
    assert.deepEqual(await live, ['d'])
    const left = waiting.next()
    await log.reset(100, 2)
    await assert.rejects(left, { code: 'LOG_OFFSET_OUT_OF_RANGE' })
  }),

  scenario('a tail never shows a gap while the log is appended to and cut', async (log) => {
    await log.append(texts('a'))
    let applied: string[] = []
    const onTruncate = (endOffset: number): void => {
      applied = applied.slice(0, endOffset)
    }
    async function follow(): Promise<void> {
      for await (const { baseOffset, payload } of log.tail({ maxBytes: 3, onTruncate })) {
        assert.equal(baseOffset, applied.length)
        applied.push(Buffer.from(payload).toString())
        if (applied.at(-1) === 'last') return
      }
    }
    const following = follow()
    for (let round = 0; round < 40; round += 1) {
      await log.append(texts(...Array.from({ length: 1 + (round % 5) }, (_, index) => `${round}.${index}`)))
      if (round % 3 === 2) await log.truncate(log.endOffset - (1 + (round % 4)))
    }
    await log.append(texts('last'))
    await following
    assert.deepEqual(
      applied,
      (await log.read(0)).map(({ payload }) => Buffer.from(payload).toString()),
    )
  }),
]
