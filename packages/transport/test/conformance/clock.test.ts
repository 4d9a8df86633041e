import t from 'tap'
import { clockConformance, randomConformance } from '../../src/conformance/index.ts'
import { type Clock, sleep, systemClock, systemRandom } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'

t.test('the system’s clock is a clock', async (t) => {
  clockConformance({
    test: (name, run) => t.test(name, run),
    create: () => ({ clock: systemClock, pass: (ms) => sleep(systemClock, ms) }),
  })
})

t.test('the manual clock is a clock', async (t) => {
  clockConformance({
    test: (name, run) => t.test(name, run),
    create: () => {
      const clock = manualClock()
      return { clock, pass: (ms) => clock.advance(ms) }
    },
  })
})

t.test('the system’s randomness is random', async (t) => {
  randomConformance({ test: (name, run) => t.test(name, run), create: () => systemRandom })
})

/** Names of the scenarios that fail. */
async function failing(
  conformance: (test: (name: string, run: () => Promise<void>) => void) => void,
): Promise<string[]> {
  const tests: { name: string; run: () => Promise<void> }[] = []
  conformance((name, run) => tests.push({ name, run }))
  const failed: string[] = []
  for (const { name, run } of tests) await run().catch(() => failed.push(name))
  return failed
}

/** A manual clock with something wrong. */
function broken(change: (clock: ReturnType<typeof manualClock>) => Partial<Clock>): Promise<string[]> {
  return failing((test) =>
    clockConformance({
      test,
      create: () => {
        const clock = manualClock()
        return { clock: { ...clock, ...change(clock) }, pass: (ms) => clock.advance(ms) }
      },
    }),
  )
}

t.test('clocks that are none are found out', async (t) => {
  t.same(await broken(() => ({})), [])
  t.match(await broken((clock) => ({ now: () => -clock.now() })), ['time never goes back', 'time goes by'])
  t.same(await broken(() => ({ wallTime: () => 0.5 })), [
    'the wall clock shows whole milliseconds since 1970',
  ])
  t.match(
    await broken((clock) => ({
      setTimer: (delayMs, callback) => {
        if (delayMs <= 0) {
          callback()
          return () => undefined
        }
        return clock.setTimer(delayMs, callback)
      },
    })),
    ['a timer is never called before it was returned, not even one without a delay'],
  )
  t.match(
    await broken((clock) => ({ setTimer: (delayMs, callback) => clock.setTimer(delayMs / 2, callback) })),
    ['a timer is called once, when its time has come'],
  )
  t.same(
    await broken((clock) => ({
      setTimer: (delayMs, callback) => {
        clock.setTimer(delayMs, callback)
        return () => undefined
      },
    })),
    ['a cancelled timer is not called'],
  )
})

t.test('numbers that are not random are found out', async (t) => {
  const failed = (random: () => number): Promise<string[]> =>
    failing((test) => randomConformance({ test, create: () => random }))
  let count = 0
  t.equal((await failed(() => 0.5)).length, 2)
  t.match(await failed(() => 1), ['every number is at least 0 and less than 1'])
  t.match(await failed(() => (count++ % 1_000) / 1_000), ['one number says nothing about the next'])
})
