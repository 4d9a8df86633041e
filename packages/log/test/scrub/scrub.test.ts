import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { createLog, openLog } from '../../src/index.ts'
import type { Log, ScrubOptions, ScrubProgress } from '../../src/index.ts'
import { Keys } from '../../src/keys.ts'
import { openMemoryLog } from '../../src/memory/index.ts'
import { FakeClock } from '../fake-clock.ts'
import { FaultyDatabase } from '../faulty-database.ts'

const kibibyte = 1024

/** A log of `count` chunks, each of one batch of 300 KiB, so that a step of a scrub takes four. */
async function logOfChunks(count: number): Promise<{ database: FaultyDatabase; log: Log }> {
  const database = new FaultyDatabase()
  await createLog({ database })
  const log = await openLog({ database })
  for (let index = 0; index < count; index += 1)
    await log.append([{ payload: Buffer.alloc(300 * kibibyte, index) }])
  return { database, log }
}

/** Scrubs to the end, without waiting for the rate. */
async function scrubbed(log: Log, options: ScrubOptions = {}): Promise<ScrubProgress[]> {
  const progress: ScrubProgress[] = []
  for await (const step of log.scrub({ clock: impatientClock, ...options })) progress.push(step)
  return progress
}

const impatientClock = {
  now: () => 0,
  setTimer: (_delayMs: number, callback: () => void) => {
    setImmediate(callback)
    return () => {}
  },
}

t.test('a scrub reads all batches, and says after each step how far it is', async (t) => {
  const { log } = await logOfChunks(10)
  const progress = await scrubbed(log)
  t.strictSame(
    progress.map(({ stage, offset, endOffset }) => [stage, offset, endOffset]),
    [
      ['batches', 4, 10],
      ['batches', 8, 10],
      ['batches', 10, 10],
    ],
  )
  t.ok(progress.at(-1)!.bytes > 10 * 300 * kibibyte)
  const empty = await logOfChunks(0)
  t.strictSame(await scrubbed(empty.log), [])
})

t.test('a scrub keeps to its rate', async (t) => {
  const { log } = await logOfChunks(8)
  const clock = new FakeClock()
  const steps = log.scrub({ bytesPerSecond: 600 * kibibyte, clock })[Symbol.asyncIterator]()
  t.equal((await steps.next()).value.offset, 4)
  const second = steps.next()
  while (clock.pending === 0) await new Promise(setImmediate)
  clock.advance(1_999)
  t.equal(clock.pending, 1, '1,200 KiB at 600 KiB a second take two seconds')
  clock.advance(10)
  t.equal((await second).value.offset, 8)
})

t.test('a scrub ends at the first bad offset', async (t) => {
  for (const bad of [0, 3, 6, 9]) {
    const { database, log } = await logOfChunks(10)
    await database.change(new Keys('log').chunk(bad), (value) => {
      value[5_000]! ^= 1
      return value
    })
    await t.rejects(scrubbed(log), { code: 'LOG_CORRUPT', details: { offset: bad } })
  }
})

t.test('a scrub finds what is missing and what belongs to another log, also between two steps', async (t) => {
  for (const bad of [3, 4]) {
    const missing = await logOfChunks(10)
    await missing.database.change(new Keys('log').chunk(bad), () => undefined)
    await t.rejects(scrubbed(missing.log), { code: 'LOG_CORRUPT', details: { offset: bad } })
    const other = await logOfChunks(9)
    await other.log.truncate(bad)
    await other.log.append([{ payload: Buffer.from('of another history'), timestampMs: 5 }])
    let foreign: Uint8Array | undefined
    await other.database.change(new Keys('log').chunk(bad), (value) => (foreign = value))
    const exchanged = await logOfChunks(10)
    await exchanged.database.change(new Keys('log').chunk(bad), () => foreign)
    await t.rejects(scrubbed(exchanged.log), { code: 'LOG_CORRUPT', details: { offset: Number } })
  }
})

t.test('what is appended, cut off and replaced while a scrub is under way disturbs nobody', async (t) => {
  const { log } = await logOfChunks(10)
  const ends: number[] = []
  for await (const { offset, endOffset } of log.scrub({ clock: impatientClock })) {
    if (ends.length === 0) {
      await log.truncate(3)
      for (let index = 0; index < 6; index += 1)
        await log.append([{ payload: Buffer.alloc(300 * kibibyte, 99) }])
    }
    if (ends.length === 1) await log.append([{ payload: Buffer.from('one more') }])
    if (ends.length === 2) await log.truncate(2)
    ends.push(offset)
    t.ok(offset <= Math.max(endOffset, 4))
  }
  t.strictSame(ends, [4, 8, 10])
  const whole = await scrubbed(log)
  t.equal(whole.at(-1)?.offset, 2)
})

t.test('an aborted scrub ends with the reason, also while it waits', async (t) => {
  const { log } = await logOfChunks(10)
  const clock = new FakeClock()
  const reason = new Error('no longer wanted')
  await t.rejects(scrubbed(log, { signal: AbortSignal.abort(reason) }), reason)
  const abort = new AbortController()
  const steps = log.scrub({ clock, signal: abort.signal })[Symbol.asyncIterator]()
  await steps.next()
  const second = steps.next()
  while (clock.pending === 0) await new Promise(setImmediate)
  abort.abort(reason)
  await t.rejects(second, reason)
  t.equal(clock.pending, 0)
})

t.test('a scrub of a closed log, and one with options that make no sense, are refused', async (t) => {
  const { log } = await logOfChunks(1)
  t.throws(() => log.scrub({ bytesPerSecond: 0 }), { name: 'TypeError', message: /bytesPerSecond/ })
  t.throws(() => log.scrub({ rate: 5 } as ScrubOptions), { name: 'TypeError', message: /rate/ })
  await log.close()
  await t.rejects(scrubbed(log), { code: 'LOG_CLOSED' })
})

t.test('a scrub reads LevelDB’s tables before it lets LevelDB read them', async (t) => {
  const path = t.testdir()
  await createLog({ path })
  for (let round = 0; round < 3; round += 1) {
    const log = await openLog({ path })
    await log.append([{ payload: Buffer.alloc(10 * kibibyte, round) }])
    await log.close()
  }
  const log = await openLog({ path })
  const progress = await scrubbed(log)
  t.ok(progress.filter(({ stage }) => stage === 'tables').length >= 3)
  t.match(progress.at(-1), { stage: 'batches', offset: 3, endOffset: 3 })

  const table = readdirSync(`${path}/leveldb`)
    .filter((file) => file.endsWith('.ldb'))
    .toSorted()[0]!
  const bytes = readFileSync(`${path}/leveldb/${table}`)
  bytes[100]! ^= 1
  writeFileSync(`${path}/leveldb/${table}`, bytes)
  await t.rejects(scrubbed(log), { code: 'LOG_CORRUPT', details: { file: table, position: Number } })
  await log.close()
})

t.test('the log in memory is scrubbed too', async (t) => {
  const log = await openMemoryLog()
  for (let index = 0; index < 10; index += 1) await log.append([{ payload: Buffer.alloc(300 * kibibyte) }])
  t.match((await scrubbed(log)).at(-1), { stage: 'batches', offset: 10, endOffset: 10 })
  log.corrupt(7)
  await t.rejects(scrubbed(log), { code: 'LOG_CORRUPT', details: { offset: 7 } })
})
