import t from 'tap'
import { NewestValue } from '../../src/node/newest-value.ts'

t.test('a reader gets the present value, and the newest of those it missed', async (t) => {
  const value = new NewestValue('a')
  const reader = value.read()
  t.same(await reader.next(), { done: false, value: 'a' })
  value.set('b')
  value.set('c')
  t.same(await reader.next(), { done: false, value: 'c' })
  const waiting = reader.next()
  value.set('d')
  t.same(await waiting, { done: false, value: 'd' })
})

t.test('a reader takes the last value, and ends when the value is closed', async (t) => {
  const value = new NewestValue(1)
  const [ahead, behind] = [value.read(), value.read()]
  t.equal((await ahead.next()).value, 1)
  const waiting = ahead.next()
  value.close()
  value.set(2)
  t.same(await waiting, { done: true, value: undefined })
  t.same(await behind.next(), { done: false, value: 1 })
  t.equal((await behind.next()).done, true)
})

t.test('a signal ends the wait of its reader alone', async (t) => {
  const value = new NewestValue(1)
  const controller = new AbortController()
  const [given, other] = [value.read(controller.signal), value.read()]
  await given.next()
  await other.next()
  const [ended, goesOn] = [given.next(), other.next()]
  controller.abort()
  t.equal((await ended).done, true)
  value.set(2)
  t.equal((await goesOn).value, 2)
  t.equal((await value.read(controller.signal).next()).done, true, 'one that is aborted takes nothing')
})
