import type { LogWrite, Offset, RaftLog } from '@quorate/log'
import t from 'tap'
import { LogWriter } from '../../src/node/log-writer.ts'

/** A log whose writes and resets finish when the test says so, and what the writer reported meanwhile. */
function world() {
  const calls: { readonly call: PromiseWithResolvers<void>; readonly what: LogWrite | Offset }[] = []
  const begin = (what: LogWrite | Offset): Promise<void> => {
    const call = Promise.withResolvers<void>()
    calls.push({ call, what })
    return call.promise
  }
  const log = {
    write: begin,
    reset: (endOffset: Offset) => begin(endOffset),
  } as unknown as RaftLog
  const written: number[] = []
  const failed: Error[] = []
  const writer = new LogWriter(
    log,
    (id) => written.push(id),
    (error) => failed.push(error),
  )
  return { writer, calls, written, failed }
}

const jobs = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test(
  'a reset that says later than the write behind it that it is done is not reported again',
  async (t) => {
    const { writer, calls, written } = world()
    writer.restart(1, { endOffset: 100, epoch: 3 }, 10)
    writer.write({ id: 2, write: { hardState: { epoch: 4 } } })
    writer.flush()
    t.same(
      calls.map(({ what }) => what),
      [{ truncateTo: 10 }, 100, { hardState: { epoch: 4 } }],
      'in this order',
    )
    const [cut, reset, write] = calls
    cut?.call.resolve()
    write?.call.resolve()
    await jobs()
    t.same(written, [2], 'which stands for the reset before it too')
    reset?.call.resolve()
    await jobs()
    t.same(written, [2])
  },
)

t.test('a reset comes after everything that waited, and before what comes later', async (t) => {
  const { writer, calls, written } = world()
  writer.write({ id: 1, write: { hardState: { epoch: 4 } } })
  writer.restart(2, { endOffset: 100, epoch: 3 }, 10)
  t.same(
    calls.map(({ what }) => what),
    [{ hardState: { epoch: 4 } }, { truncateTo: 10 }, 100],
  )
  for (const { call } of calls) call.resolve()
  await jobs()
  t.same(written, [1, 2])
})

t.test('a reset that fails is reported once, and nothing behind it as written', async (t) => {
  const { writer, calls, written, failed } = world()
  writer.restart(1, { endOffset: 100, epoch: 3 }, 10)
  const error = new Error('the disk is gone')
  for (const { call } of calls) call.reject(error)
  await jobs()
  t.same(failed, [error])
  t.same(written, [])
})
