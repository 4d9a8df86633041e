import assert from 'node:assert/strict'
import type { Clock, Random } from '../clock.ts'

/** A clock to try, and a way to let its time go by. */
export interface ClockUnderTest {
  readonly clock: Clock
  /** Lets at least `ms` milliseconds go by, and what comes due be called. A real clock waits, a manual one is advanced. */
  readonly pass: (ms: number) => Promise<void>
}

/** What {@link clockConformance} needs. */
export interface ClockConformanceOptions {
  /** Registers a test with the runner. It fails if the function rejects. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** A fresh clock; called once a scenario. */
  readonly create: () => ClockUnderTest | Promise<ClockUnderTest>
}

/** What {@link randomConformance} needs. */
export interface RandomConformanceOptions {
  readonly test: (name: string, run: () => Promise<void>) => unknown
  readonly create: () => Random
}

/** Timers of Node.js count whole milliseconds, so that one may be called this much early by a finer clock. */
const toleranceMs = 1

const clockScenarios: Readonly<Record<string, (underTest: ClockUnderTest) => Promise<void>>> = {
  async 'time never goes back'({ clock, pass }) {
    let last = clock.now()
    for (let round = 0; round < 20; round += 1) {
      for (let look = 0; look < 50; look += 1) {
        const now = clock.now()
        assert.ok(now >= last, `${now} after ${last}`)
        last = now
      }
      await pass(0.2)
    }
  },

  async 'time goes by'({ clock, pass }) {
    const before = clock.now()
    await pass(5)
    assert.ok(clock.now() - before >= 5 - toleranceMs)
  },

  async 'the wall clock shows whole milliseconds since 1970'({ clock, pass }) {
    await pass(0.7)
    assert.ok(Number.isInteger(clock.wallTime()))
    assert.ok(clock.wallTime() >= 0)
  },

  async 'a timer is never called before it was returned, not even one without a delay'({ clock, pass }) {
    let returned = false
    let early = false
    clock.setTimer(0, () => {
      early = !returned
    })
    returned = true
    await pass(2)
    assert.equal(early, false)
  },

  async 'a timer is called once, when its time has come'({ clock, pass }) {
    const began = clock.now()
    const calledAt: number[] = []
    clock.setTimer(10, () => calledAt.push(clock.now()))
    await pass(40)
    await pass(40)
    assert.equal(calledAt.length, 1)
    assert.ok((calledAt[0] ?? 0) - began >= 10 - toleranceMs, `after ${(calledAt[0] ?? 0) - began} ms`)
  },

  async 'a delay may be a fraction, zero, or less'({ clock, pass }) {
    let called = 0
    for (const delayMs of [0.4, 0, -5]) clock.setTimer(delayMs, () => (called += 1))
    await pass(5)
    assert.equal(called, 3)
  },

  async 'timers are called in the order of their times'({ clock, pass }) {
    const called: number[] = []
    for (const delayMs of [30, 5, 60]) clock.setTimer(delayMs, () => called.push(delayMs))
    await pass(90)
    assert.deepEqual(called, [5, 30, 60])
  },

  async 'a callback may set further timers'({ clock, pass }) {
    const { promise, resolve } = Promise.withResolvers<void>()
    clock.setTimer(1, () => clock.setTimer(1, resolve))
    await pass(20)
    await promise
  },

  async 'a cancelled timer is not called'({ clock, pass }) {
    let called = 0
    const cancel = clock.setTimer(5, () => (called += 1))
    clock.setTimer(0, cancel)
    const twice = clock.setTimer(5, () => (called += 1))
    twice()
    twice()
    await pass(20)
    assert.equal(called, 0)
  },

  async 'to cancel late does nothing, and concerns no other timer'({ clock, pass }) {
    let called = 0
    const cancel = clock.setTimer(1, () => (called += 1))
    await pass(10)
    clock.setTimer(1, () => (called += 1))
    cancel()
    await pass(10)
    assert.equal(called, 2)
  },
}

/** Registers one test for each rule of the `Clock` port. */
export function clockConformance({ test, create }: ClockConformanceOptions): void {
  for (const [name, run] of Object.entries(clockScenarios)) test(name, async () => run(await create()))
}

const draws = 10_000

/** Registers one test for each rule of the `Random` port. A generator of test data that is constant fails them. */
export function randomConformance({ test, create }: RandomConformanceOptions): void {
  test('every number is at least 0 and less than 1', async () => {
    const random = create()
    for (let draw = 0; draw < draws; draw += 1) {
      const number = random()
      assert.ok(number >= 0 && number < 1, String(number))
    }
  })

  test('every tenth of the range gets its share', async () => {
    const random = create()
    const counts = Array.from({ length: 10 }, () => 0)
    for (let draw = 0; draw < draws; draw += 1) {
      const tenth = Math.floor(random() * 10)
      counts[tenth] = (counts[tenth] ?? 0) + 1
    }
    // Ten standard deviations wide: chance alone fails no run that anybody will see.
    for (const count of counts) assert.ok(Math.abs(count - draws / 10) < 300, counts.join(' '))
  })

  test('one number says nothing about the next', async () => {
    const random = create()
    let rises = 0
    let last = random()
    for (let draw = 0; draw < draws; draw += 1) {
      const number = random()
      if (number > last) rises += 1
      last = number
    }
    assert.ok(Math.abs(rises - draws / 2) < 500, `${rises} of ${draws} numbers are above the one before`)
  })
}
