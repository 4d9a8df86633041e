import t from 'tap'
import { createMemoryStorage, openMemoryLog } from '../../src/memory/index.ts'
import type { MemoryLog } from '../../src/memory/index.ts'

const batchOf = (text: string): { payload: Uint8Array }[] => [{ payload: Buffer.from(text) }]

async function texts(log: MemoryLog): Promise<string[]> {
  return (await log.read(0)).map(({ payload }) => Buffer.from(payload).toString())
}

/** What a write came to, for writes that nobody waits for. */
function outcome(write: Promise<unknown>): Promise<unknown> {
  return write.catch((error: unknown) => (error as { code: string }).code)
}

/** What happens, in the order in which it happens. */
async function run(): Promise<string[]> {
  const events: string[] = []
  const log = await openMemoryLog({ now: () => 0 })
  const note = (name: string) => (result: unknown) => events.push(`${name} ${JSON.stringify(result)}`)
  const calls = [
    outcome(log.append(batchOf('a'))).then(note('a')),
    outcome(log.read(0)).then(note('read')),
    outcome(log.write({ truncateTo: 5 })).then(note('cut')),
    outcome(log.append(batchOf('b'))).then(note('b')),
  ]
  await Promise.all(calls)
  events.push((await texts(log)).join())
  return events
}

t.test('nothing is durable before the sync, everything after it', async (t) => {
  const log = await openMemoryLog({ scheduleSync: 'manual' })
  const writes = [log.append(batchOf('a')), log.append(batchOf('b'))]
  t.equal(log.unsyncedWrites, 2)
  t.equal(log.endOffset, 0)
  log.sync()
  t.equal(log.unsyncedWrites, 0)
  t.equal(log.endOffset, 2)
  t.strictSame(await Promise.all(writes), [[0], [1]])
})

t.test('the scheduler is asked once for all that waits, and decides when', async (t) => {
  const scheduled: (() => void)[] = []
  const log = await openMemoryLog({ scheduleSync: (sync) => scheduled.push(sync) })
  const writes = [log.append(batchOf('a')), log.append(batchOf('b'))]
  t.equal(scheduled.length, 1)
  t.equal(log.endOffset, 0)
  scheduled[0]?.()
  await Promise.all(writes)
  t.equal(log.endOffset, 2)
  void outcome(log.append(batchOf('c')))
  t.equal(scheduled.length, 2)
})

t.test('a crash loses what was not synced', async (t) => {
  const log = await openMemoryLog({ scheduleSync: 'manual' })
  void outcome(log.append(batchOf('a')))
  log.sync()
  const lost = outcome(log.write({ hardState: { epoch: 3 } }))
  log.crash()
  t.equal(await lost, 'LOG_FAILED')
  t.equal(await outcome(log.append(batchOf('b'))), 'LOG_FAILED')
  t.equal(await outcome(log.read(0)), 'LOG_CLOSED')

  const reopened = await openMemoryLog({ storage: log.storage })
  t.strictSame(await texts(reopened), ['a'])
  t.equal(reopened.hardState, undefined)
})

t.test('a crash may keep some of what was not synced, in order, and tear the next', async (t) => {
  for (const tornTail of [false, true]) {
    const log = await openMemoryLog({ scheduleSync: 'manual' })
    const outcomes = ['a', 'b', 'c'].map((text) => outcome(log.append([...batchOf(text), ...batchOf(text)])))
    log.crash({ keepUnsynced: 1, tornTail })
    t.strictSame(await Promise.all(outcomes), ['LOG_FAILED', 'LOG_FAILED', 'LOG_FAILED'])
    const reopened = await openMemoryLog({ storage: log.storage })
    t.strictSame(await texts(reopened), ['a', 'a'])
    t.strictSame(await reopened.append(batchOf('d')), [2])
  }
})

t.test('a failed write closes the log; whether it persisted is known after reopening', async (t) => {
  for (const persisted of [false, true]) {
    const log = await openMemoryLog()
    log.failNextWrite(new Error('disk full'), { persisted })
    const error = await t.rejects(log.append(batchOf('a')), {
      code: 'LOG_FAILED',
      cause: { message: 'disk full' },
    })
    t.ok(error)
    t.equal(await outcome(log.write({})), 'LOG_FAILED')
    await log.close()
    const reopened = await openMemoryLog({ storage: log.storage })
    t.strictSame(await texts(reopened), persisted ? ['a'] : [])
    t.ok(await reopened.append(batchOf('b')))
  }
})

t.test('a damaged batch is not read, and not opened on if it is the last', async (t) => {
  const log = await openMemoryLog()
  for (const text of ['a', 'b', 'c']) await log.append(batchOf(text))
  log.corrupt(1)
  t.equal((await log.read(0, { maxBytes: 1 })).length, 1)
  await t.rejects(log.read(0), { code: 'LOG_CORRUPT', details: { offset: 1 } })
  t.equal((await log.read(2)).length, 1)
  await log.truncate(2)
  await log.close()
  await t.rejects(openMemoryLog({ storage: log.storage }), {
    code: 'LOG_DAMAGED',
    details: { offset: Number },
  })
})

t.test('a damaged batch that was cut off does no harm any more', async (t) => {
  const log = await openMemoryLog()
  await log.append([...batchOf('a'), ...batchOf('b')])
  log.corrupt(1)
  await log.truncate(1)
  await log.append(batchOf('c'))
  t.strictSame(await texts(log), ['a', 'c'])
})

t.test('storage is open once at a time', async (t) => {
  const storage = createMemoryStorage()
  const log = await openMemoryLog({ storage })
  await t.rejects(openMemoryLog({ storage }), { code: 'LOG_LOCKED' })
  await log.close()
  await (await openMemoryLog({ storage })).close()
})

t.test('the same calls give the same results in the same order', async (t) => {
  const first = await run()
  t.equal(first.at(-1), 'a,b')
  t.strictSame(await run(), first)
})

t.test('options that make no sense are a TypeError', async (t) => {
  await t.rejects(openMemoryLog({ scheduleSync: 'never' as 'manual' }), { name: 'TypeError' })
  await t.rejects(openMemoryLog({ storage: {} as never }), { name: 'TypeError' })
})

t.test('a read that comes from a wrong place is noticed, and the next one is right', async (t) => {
  const log = await openMemoryLog()
  for (const text of ['a', 'b', 'c']) await log.append(batchOf(text))
  log.storage.misdirect(1)
  t.equal((await log.read(2)).length, 1, 'another batch is read')
  await t.rejects(log.read(0), { code: 'LOG_CORRUPT', details: { offset: 1 } })
  t.strictSame(await texts(log), ['a', 'b', 'c'])
})
