import t from 'tap'
import { LatestValue } from '../src/latest-value.ts'

t.test('a reader gets the value there is, then every change, to the end', async (t) => {
  const value = new LatestValue(1)
  const values = value.values()
  t.strictSame(await values.next(), { done: false, value: 1 })
  const second = values.next()
  value.set(2)
  t.strictSame(await second, { done: false, value: 2 })
  const third = values.next()
  value.close()
  t.strictSame(await third, { done: true, value: undefined })
})

t.test('a slow reader gets only the newest value, and the last one also after the end', async (t) => {
  const value = new LatestValue(1)
  const values = value.values()
  await values.next()
  value.set(2)
  value.set(3)
  value.close()
  t.strictSame(await values.next(), { done: false, value: 3 })
  t.ok((await values.next()).done)
})

t.test('a reader that comes after the end gets the last value and the end', async (t) => {
  const value = new LatestValue(1)
  value.close()
  const values = value.values()
  t.strictSame(await values.next(), { done: false, value: 1 })
  t.ok((await values.next()).done)
})

t.test('setting the same value, or setting after the end, changes nothing', async (t) => {
  const value = new LatestValue(1)
  const values = value.values()
  await values.next()
  const next = values.next()
  value.set(1)
  value.set(2)
  t.strictSame(await next, { done: false, value: 2 })
  value.close()
  value.set(3)
  t.equal(value.value, 2)
  t.ok((await values.next()).done)
})

t.test('an aborted signal rejects the reader with its reason, before and while it waits', async (t) => {
  const value = new LatestValue(1)
  await t.rejects(value.values(AbortSignal.abort(new Error('too late'))).next(), { message: 'too late' })
  const aborting = new AbortController()
  const values = value.values(aborting.signal)
  await values.next()
  const next = values.next()
  aborting.abort(new Error('enough'))
  await t.rejects(next, { message: 'enough' })
})
