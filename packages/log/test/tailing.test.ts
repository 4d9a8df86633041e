import t from 'tap'
import { createLog, openLog } from '../src/index.ts'
import type { Batch } from '../src/index.ts'
import { openMemoryLog } from '../src/memory/index.ts'
import { FaultyDatabase } from './faulty-database.ts'

const payload = Buffer.from('payload')

t.test('a tail gives out what is durable and nothing before it is', async (t) => {
  const log = await openMemoryLog({ scheduleSync: 'manual' })
  const tail = log.tail()[Symbol.asyncIterator]()
  let given = 0
  const waiting = tail.next().then(() => (given += 1))
  const appending = log.append([{ payload }])
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(given, 0)
  log.sync()
  await Promise.all([appending, waiting])
  t.equal(given, 1)
})

t.test(
  'after a failed write a tail gives out what is durable, then says that there will be no more',
  async (t) => {
    const database = new FaultyDatabase()
    await createLog({ database })
    const log = await openLog({ database })
    t.teardown(() => log.close())
    await log.append([{ payload }])

    const [behind, waiting] = [log.tail(), log.tail({ from: 1 })].map((tail) => tail[Symbol.asyncIterator]())
    const ended = t.rejects(waiting!.next(), { code: 'LOG_FAILED' })
    database.failure = new Error('the disk is full')
    await t.rejects(log.append([{ payload }]), { code: 'LOG_FAILED' })
    await ended
    t.match(await behind!.next(), { value: { baseOffset: 0 } })
    await t.rejects(behind!.next(), { code: 'LOG_FAILED', cause: { message: 'the disk is full' } })
  },
)

t.test('a tail stops at a damaged batch after it gave out the good ones', async (t) => {
  const log = await openMemoryLog()
  t.teardown(() => log.close())
  await log.append([{ payload }, { payload }, { payload }])
  log.corrupt(2)
  const found: Batch[] = []
  const reading = async (): Promise<void> => {
    for await (const batch of log.tail({ maxBytes: 0 })) found.push(batch)
  }
  await t.rejects(reading(), { code: 'LOG_CORRUPT' })
  t.equal(found.length, 2)
})

t.test('nothing is read while the consumer is busy', async (t) => {
  const log = await openMemoryLog()
  t.teardown(() => log.close())
  let reads = 0
  const read = log.read.bind(log)
  log.read = (...args) => {
    reads += 1
    return read(...args)
  }
  const tail = log.tail({ maxBytes: 2 * payload.byteLength })[Symbol.asyncIterator]()
  await log.append([{ payload }, { payload }, { payload }])
  await tail.next()
  t.equal(reads, 1)
  await log.append([{ payload }])
  await tail.next()
  t.equal(reads, 1, 'the second batch was read with the first')
  await tail.next()
  t.equal(reads, 2)
  await tail.return?.()
})
