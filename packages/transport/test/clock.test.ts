import t from 'tap'
import { sleep, systemClock, systemRandom } from '../src/index.ts'
import { manualClock } from '../src/testing/index.ts'

t.test('a sleep ends when its time has come, and not before', async (t) => {
  const clock = manualClock()
  let awake = false
  void sleep(clock, 100).then(() => {
    awake = true
  })
  await clock.advance(99)
  t.equal(awake, false)
  await clock.advance(1)
  t.equal(awake, true)
  t.equal(clock.pendingTimers, 0)
})

t.test('an aborted sleep rejects with the reason and leaves no timer', async (t) => {
  const clock = manualClock()
  const controller = new AbortController()
  const sleeping = sleep(clock, 100, controller.signal)
  controller.abort(new Error('up'))
  await t.rejects(sleeping, { message: 'up' })
  await t.rejects(sleep(clock, 100, controller.signal), { message: 'up' })
  t.equal(clock.pendingTimers, 0)
})

t.test('timers of the manual clock come due in order of time, then in the order they were set', async (t) => {
  const clock = manualClock({ wallTime: 1_000 })
  const fired: string[] = []
  const note = (name: string) => () => fired.push(`${name} at ${clock.now()}`)
  clock.setTimer(20, note('late'))
  clock.setTimer(10, note('first'))
  clock.setTimer(10, () => {
    note('second')()
    void Promise.resolve().then(() => clock.setTimer(5, note('of a promise job')))
  })
  const cancel = clock.setTimer(10, note('cancelled'))
  cancel()
  await clock.advance(30)
  t.strictSame(fired, ['first at 10', 'second at 10', 'of a promise job at 15', 'late at 20'])
  t.equal(clock.now(), 30)
  t.equal(clock.wallTime(), 1_030)
})

t.test('the wall time of the manual clock stays whole between milliseconds', async (t) => {
  const clock = manualClock({ wallTime: 1_000 })
  await clock.advance(2.75)
  t.equal(clock.now(), 2.75)
  t.equal(clock.wallTime(), 1_002)
})

t.test(
  'the system’s time goes forward, its timers can be cancelled, its randomness is in [0, 1)',
  async (t) => {
    const before = systemClock.now()
    const cancel = systemClock.setTimer(0, () => t.fail('it was cancelled'))
    cancel()
    await sleep(systemClock, 1)
    t.ok(systemClock.now() > before)
    t.ok(systemClock.wallTime() > Date.UTC(2024, 0))
    const random = systemRandom()
    t.ok(random >= 0 && random < 1)
  },
)
