import t from 'tap'
import type { Test } from 'tap'
import { createLog, openLog } from '../src/index.ts'
import type { Log, OpenLogOptions } from '../src/index.ts'
import { FaultyDatabase } from './faulty-database.ts'

const payload = Buffer.from('payload')

async function openOnFaulty(
  t: Test,
  options: Partial<OpenLogOptions> = {},
): Promise<{ log: Log; database: FaultyDatabase; reopen: () => Promise<Log> }> {
  const database = new FaultyDatabase()
  await createLog({ database })
  const log = await openLog({ database, ...options })
  t.teardown(() => log.close())
  database.writes.length = 0
  const reopen = async (): Promise<Log> => {
    await log.close()
    return openLog({ database, ...options })
  }
  return { log, database, reopen }
}

/** Lets everything run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}

t.test('what arrives during a write rides in the next one, in call order', async (t) => {
  const { log, database } = await openOnFaulty(t)
  database.hold()
  const first = log.append([{ payload }])
  await settle()
  const others = Array.from({ length: 100 }, () => log.append([{ payload }]))
  await settle()
  t.equal(database.writes.length, 1)
  database.release()
  t.strictSame(await first, [0])
  t.strictSame(
    (await Promise.all(others)).flat(),
    [...others.keys()].map((index) => index + 1),
  )
  t.equal(database.writes.length, 2)
})

t.test('one write carries no more than its limits, and never a part of a request', async (t) => {
  const { log, database } = await openOnFaulty(t, { maxWriteBatches: 10, maxWriteBytes: 4096 })
  await Promise.all(Array.from({ length: 10 }, () => log.append([{ payload }, { payload }, { payload }])))
  t.equal(database.writes.length, 4)
  database.writes.length = 0
  await Promise.all(Array.from({ length: 4 }, () => log.append([{ payload: new Uint8Array(2000) }])))
  t.equal(database.writes.length, 2)
  database.writes.length = 0
  await log.append([{ payload: new Uint8Array(10_000) }, { payload }])
  t.equal(database.writes.length, 1)
})

t.test(
  'a write is stored in chunks, so that reading one batch does not mean reading all of it',
  async (t) => {
    const { log, database } = await openOnFaulty(t, { maxChunkBytes: 140 })
    await log.append(Array.from({ length: 5 }, () => ({ payload, epoch: 0 })))
    t.equal(database.writes.length, 1)
    const values = database.writes[0]!.flatMap((operation) =>
      operation.type === 'put' ? [operation.value.length] : [],
    )
    t.strictSame(values, [134, 134, 87, 24], 'two batches, two, one, and the epoch index')
    t.equal((await log.read(3)).length, 2)
  },
)

t.test('a full write is planned while another is under way, and begins when that is done', async (t) => {
  let planned = 0
  const { log, database } = await openOnFaulty(t, { maxWriteBytes: 4096, now: () => (planned += 1) })
  database.hold()
  const appends = [1, 2, 3].map(() => log.append([{ payload: new Uint8Array(3000) }]))
  await settle()
  t.same([planned, database.writes.length], [2, 1])
  database.release()
  t.strictSame(await Promise.all(appends), [[0], [1], [2]])
  t.same([planned, database.writes.length], [3, 3])
})

t.test('what was planned behind a write that fails is not written, and told so', async (t) => {
  const { log, database, reopen } = await openOnFaulty(t, { maxWriteBytes: 4096 })
  database.hold()
  const appends = [1, 2, 3, 4].map(() => log.append([{ payload: new Uint8Array(3000) }]))
  await settle()
  database.failure = new Error('the disk is on fire')
  database.release()
  for (const append of appends) await t.rejects(append, { code: 'LOG_FAILED' })
  t.equal(database.writes.length, 1)
  const reopened = await reopen()
  t.equal(reopened.endOffset, 0)
})

t.test('a cut is planned when all before it is durable, however much waits behind it', async (t) => {
  let planned = 0
  const { log, database } = await openOnFaulty(t, { maxWriteBytes: 4096, now: () => (planned += 1) })
  const large = (): Promise<number[]> => log.append([{ payload: new Uint8Array(3000) }])
  database.hold()
  const before = [large(), large()]
  const cut = log.truncate(1)
  const after = [large(), large()]
  await settle()
  database.release()
  database.hold()
  await before[0]
  await settle()
  t.same([planned, database.writes.length], [2, 2], 'the second is under way')
  database.release()
  await Promise.all([...before, cut])
  t.strictSame(await Promise.all(after), [[1], [2]])
  t.equal((await log.read(0)).length, 3)
})

t.test('appends that share a write with a wrong one are not touched by it', async (t) => {
  const { log } = await openOnFaulty(t)
  await log.append([{ payload, epoch: 5 }])
  const results = await Promise.allSettled([
    log.append([{ payload }, { payload, count: 3 }]),
    log.append([{ payload, epoch: 4 }]),
    log.append([{ payload }]),
  ])
  t.match(results, [
    { status: 'fulfilled', value: [1, 2] },
    { status: 'rejected', reason: { code: 'LOG_BATCH_INVALID' } },
    { status: 'fulfilled', value: [5] },
  ])
})

t.test('a cut, batches and hard state are one write', async (t) => {
  const { log, database } = await openOnFaulty(t)
  await log.append([{ payload }, { payload }, { payload }])
  database.writes.length = 0
  await log.write({
    truncateTo: 1,
    batches: [{ baseOffset: 1, count: 1, epoch: 9, timestampMs: 0, attributes: 0, payload }],
    hardState: { epoch: 9 },
  })
  t.equal(database.writes.length, 1)
})

t.test('a cut, batches and hard state fail together, or survive together', async (t) => {
  for (const persisted of [false, true]) {
    const { log, database, reopen } = await openOnFaulty(t)
    await log.append([{ payload }, { payload }, { payload }])
    database.failure = new Error('disk gone')
    database.persisted = persisted
    const write = {
      truncateTo: 1,
      batches: [{ baseOffset: 1, count: 1, epoch: 9, timestampMs: 0, attributes: 0, payload }],
      hardState: { epoch: 9 },
    }
    await t.rejects(log.write(write), { code: 'LOG_FAILED' })
    await t.rejects(log.read(1), { code: 'LOG_FAILED' }, 'what is behind the failed cut is not known')
    t.equal((await log.read(0)).length, 1)
    const reopened = await reopen()
    t.equal(reopened.endOffset, persisted ? 2 : 3)
    t.strictSame(reopened.hardState, persisted ? { epoch: 9 } : undefined)
    t.equal(reopened.epochs.length, persisted ? 2 : 1)
  }
})

t.test('a failed write closes the log for writing until it is reopened', async (t) => {
  const { log, database, reopen } = await openOnFaulty(t)
  await log.append([{ payload }])
  database.hold()
  database.failure = new Error('no space left on device')
  const failing = log.append([{ payload }])
  await settle()
  const waiting = log.write({ hardState: { epoch: 1 } })
  database.release()
  await t.rejects(failing, { code: 'LOG_FAILED', cause: { message: 'no space left on device' } })
  await t.rejects(waiting, { code: 'LOG_FAILED' })
  await t.rejects(log.append([{ payload }]), { code: 'LOG_FAILED' })
  t.equal(database.writes.length, 2, 'nothing is written after the failure')
  t.equal(log.endOffset, 1)
  t.equal((await log.read(0)).length, 1)

  const reopened = await reopen()
  t.strictSame(await reopened.append([{ payload }]), [1])
})

t.test('an append that was aborted while it waited is not written', async (t) => {
  const { log, database } = await openOnFaulty(t)
  const controller = new AbortController()
  database.hold()
  const first = log.append([{ payload }], { signal: controller.signal })
  await settle()
  const second = log.append([{ payload }], { signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.rejects(second, { message: 'enough' })
  database.release()
  t.strictSame(await first, [0], 'its write had begun')
  t.equal(log.endOffset, 1)
})

t.test('a clock that gives no whole milliseconds refuses the append', async (t) => {
  const { log } = await openOnFaulty(t, { now: () => 0.5 })
  await t.rejects(log.append([{ payload }]), { code: 'LOG_BATCH_INVALID' })
  t.strictSame(await log.append([{ payload, timestampMs: 3 }]), [0])
})

t.test('a write above the whole queue is refused for good', async (t) => {
  const { log } = await openOnFaulty(t, { maxQueueBytes: 100 })
  await t.rejects(log.append([{ payload: new Uint8Array(200) }]), { code: 'LOG_BATCH_TOO_LARGE' })
})

t.test('a database that cannot be read is LOG_IO, and a cut that meets it closes the log', async (t) => {
  const { log, database } = await openOnFaulty(t)
  await log.append([{ payload }, { payload }])
  database.iterator = () => {
    throw new Error('input/output error')
  }
  await t.rejects(log.read(0), { code: 'LOG_IO' })
  await t.rejects(log.truncate(1), { code: 'LOG_FAILED', cause: { code: 'LOG_IO' } })
  await t.rejects(log.append([{ payload }]), { code: 'LOG_FAILED' })
})

t.test('a read that a cut overtakes is repeated, and tells of the cut, not of damage', async (t) => {
  const { log, database } = await openOnFaulty(t)
  await log.append([{ payload }, { payload }])
  await log.append([{ payload }, { payload }])
  const { promise: cut, resolve } = Promise.withResolvers<void>()
  const iterate = database.iterator.bind(database)
  database.iterator = (range) => {
    database.iterator = iterate
    return { ...iterate(range), all: () => cut.then(() => iterate(range).all()) }
  }
  const reading = log.read(3)
  await log.truncate(2)
  resolve()
  await t.rejects(reading, { code: 'LOG_OFFSET_OUT_OF_RANGE' })
})
