import t from 'tap'
import { Housekeeping } from '../src/housekeeping.ts'
import { FakeClock } from './fake-clock.ts'

/** A log that counts what is done to it. */
class CountedLog {
  retentions = 0
  compactions = 0
  hasDropped = true
  failure: Error | undefined

  enforceRetention(): Promise<void> {
    this.retentions += 1
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure)
  }

  compact(): Promise<void> {
    this.compactions += 1
    this.hasDropped = false
    return Promise.resolve()
  }
}

/** Lets a round, which waits for nothing here, come to its end. */
async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}

t.test('every log has its round at each interval', async (t) => {
  const clock = new FakeClock()
  const logs = [new CountedLog(), new CountedLog()]
  const housekeeping = new Housekeeping({ clock, intervalMs: 10, logs: () => logs, idle: () => true })
  clock.advance(9)
  await settle()
  t.strictSame(
    logs.map(({ retentions }) => retentions),
    [0, 0],
  )
  for (let round = 1; round <= 3; round += 1) {
    clock.advance(10)
    await settle()
    t.strictSame(
      logs.map(({ retentions }) => retentions),
      [round, round],
    )
  }
  t.strictSame(
    logs.map(({ compactions }) => compactions),
    [1, 1],
  )
  await housekeeping.stop()
})

t.test('compaction waits until nobody writes, but not for ever', async (t) => {
  const clock = new FakeClock()
  const log = new CountedLog()
  let idle = false
  const housekeeping = new Housekeeping({ clock, intervalMs: 10, logs: () => [log], idle: () => idle })
  const round = async (): Promise<number> => {
    clock.advance(10)
    await settle()
    return log.compactions
  }
  t.equal(await round(), 0)
  idle = true
  t.equal(await round(), 1)
  log.hasDropped = true
  idle = false
  for (let postponed = 0; postponed < 12; postponed += 1) t.equal(await round(), 1)
  t.equal(await round(), 2)
  await housekeeping.stop()
})

t.test('a log that failed does not keep the others from theirs', async (t) => {
  const clock = new FakeClock()
  const [bad, good] = [new CountedLog(), new CountedLog()]
  bad.failure = new Error('failed')
  const housekeeping = new Housekeeping({ clock, intervalMs: 10, logs: () => [bad, good], idle: () => true })
  clock.advance(10)
  await settle()
  t.equal(good.retentions, 1)
  await housekeeping.stop()
  clock.advance(100)
  t.equal(good.retentions, 1, 'after stop there is no round')
  t.equal(clock.pending, 0)
})
