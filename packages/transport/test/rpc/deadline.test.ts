import t from 'tap'
import { manualClock } from '../../src/testing/index.ts'
import { Deadlines } from '../../src/rpc/deadline.ts'

function watched(signal: {
  addEventListener(type: 'abort', listener: () => void, options: { once: true }): void
}) {
  const told: number[] = []
  signal.addEventListener('abort', () => told.push(told.length), { once: true })
  return told
}

t.test('each of many deadlines comes at its own time, whatever order they were opened in', async (t) => {
  const clock = manualClock()
  const deadlines = new Deadlines(clock)
  const times = [300, 100, 200]
  const opened = times.map((timeoutMs) => deadlines.open(timeoutMs, undefined))
  const passed = (): boolean[] => opened.map((deadline) => deadline.passed)
  await clock.advance(99)
  t.strictSame(passed(), [false, false, false])
  await clock.advance(1)
  t.strictSame(passed(), [false, true, false])
  await clock.advance(100)
  t.strictSame(passed(), [false, true, true])
  await clock.advance(100)
  t.strictSame(passed(), [true, true, true])
  t.match(opened[0]?.reason, { code: 'RPC_TIMEOUT', details: { timeoutMs: 300 } })
})

t.test('a deadline that was disposed of never comes', async (t) => {
  const clock = manualClock()
  const deadlines = new Deadlines(clock)
  const deadline = deadlines.open(100, undefined)
  const told = watched(deadline)
  deadline[Symbol.dispose]()
  await clock.advance(1_000)
  t.notOk(deadline.passed)
  t.equal(told.length, 0)
})

t.test('the signal of the caller comes first or not at all, and listeners are told once', async (t) => {
  const clock = manualClock()
  const deadlines = new Deadlines(clock)
  const controller = new AbortController()
  const reason = new Error('not any more')
  const deadline = deadlines.open(100, controller.signal)
  const [told, signal] = [watched(deadline), deadline.toAbortSignal()]
  controller.abort(reason)
  t.equal(deadline.reason, reason)
  t.equal(signal.reason, reason)
  await clock.advance(1_000)
  t.notOk(deadline.passed)
  t.equal(deadline.reason, reason)
  t.equal(told.length, 1)
  t.throws(() => deadline.throwIfAborted(), reason)
})

t.test('a listener that was taken back is not told', async (t) => {
  const clock = manualClock()
  const deadline = new Deadlines(clock).open(100, undefined)
  const listener = (): void => void t.fail('it was told')
  deadline.addEventListener('abort', listener)
  deadline.removeEventListener('abort', listener)
  await clock.advance(100)
  t.ok(deadline.passed)
})
