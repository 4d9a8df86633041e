import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import t from 'tap'
import { createLog, createLogSet, openLog, openLogSet } from '../../src/index.ts'
import type { LogSet, OpenLogSetOptions } from '../../src/index.ts'
import { Keys } from '../../src/keys.ts'
import { FaultyDatabase } from '../faulty-database.ts'

const payload = Buffer.from('payload')

async function openSet(
  options: Partial<OpenLogSetOptions> = {},
): Promise<{ database: FaultyDatabase; set: LogSet }> {
  const database = new FaultyDatabase()
  await createLogSet({ database })
  const set = await openLogSet({ database, ...options })
  database.writes.length = 0
  return { database, set }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Keys of the log `name` that are stored. */
async function storedKeys(database: FaultyDatabase, name: string): Promise<number> {
  const range = { ...new Keys(name).all, keyEncoding: 'view' as const }
  return (await database.stored.keys<Uint8Array>(range).all()).length
}

t.test('logs are made, listed, opened and deleted by name', async (t) => {
  const { set } = await openSet()
  for (const name of ['b', 'orders-0', 'a', '']) await set.create(name)
  t.strictSame(await set.names(), ['', 'a', 'b', 'orders-0'])
  await t.rejects(set.create('a'), { code: 'LOG_EXISTS' })
  await t.rejects(set.open('c'), { code: 'LOG_NOT_FOUND' })
  await t.rejects(set.delete('c'), { code: 'LOG_NOT_FOUND' })
  const log = await set.open('a')
  await log.append([{ payload }])
  await t.rejects(set.open('a'), { code: 'LOG_LOCKED' })
  await t.rejects(set.delete('a'), { code: 'LOG_LOCKED' })
  await t.rejects(set.create('a'), { code: 'LOG_LOCKED' })
  await log.close()
  const again = await set.open('a')
  t.equal(again.endOffset, 1)
  await again.close()
  await set.delete('a')
  t.strictSame(await set.names(), ['', 'b', 'orders-0'])
  await set.create('a')
  const anew = await set.open('a')
  t.strictSame([anew.startOffset, anew.endOffset, anew.epochs], [0, 0, []])
  await set.close()
})

t.test('appends to many logs share one write', async (t) => {
  const { database, set } = await openSet()
  const names = Array.from({ length: 50 }, (_, index) => `log-${index}`)
  await Promise.all(names.map((name) => set.create(name)))
  const logs = await Promise.all(names.map((name) => set.open(name)))
  database.writes.length = 0
  const offsets = await Promise.all(
    logs.flatMap((log) => [log.append([{ payload }]), log.append([{ payload }, { payload }])]),
  )
  t.equal(database.writes.length, 1)
  t.strictSame(offsets.slice(-2), [[0], [1, 2]])
  for (const log of logs) t.equal((await log.read(0)).length, 3)
  await set.close()
})

t.test('a cut in one log does not split what others write, and comes after its own appends', async (t) => {
  const { database, set } = await openSet()
  for (const name of ['a', 'b']) await set.create(name)
  const [a, b] = [await set.open('a'), await set.open('b')]
  await a.append([{ payload }, { payload }, { payload }])
  database.writes.length = 0
  await Promise.all([b.append([{ payload }]), a.truncate(1), b.append([{ payload }])])
  t.equal(database.writes.length, 1)
  await Promise.all([a.append([{ payload }]), a.truncate(0), b.append([{ payload }])])
  t.strictSame([a.endOffset, b.endOffset], [0, 3])
  await set.close()
})

t.test('a failed write closes every log of the set for writing', async (t) => {
  const { database, set } = await openSet()
  for (const name of ['a', 'b']) await set.create(name)
  const [a, b] = [await set.open('a'), await set.open('b')]
  await a.append([{ payload }])
  database.failure = new Error('disk gone')
  await t.rejects(a.append([{ payload }]), { code: 'LOG_FAILED', cause: { message: 'disk gone' } })
  await t.rejects(b.append([{ payload }]), { code: 'LOG_FAILED' })
  await t.rejects(set.create('c'), { code: 'LOG_FAILED' })
  t.equal((await a.read(0)).length, 1)
  await set.close()
})

t.test('a log that cannot be read where it is to be cut fails alone', async (t) => {
  const { database, set } = await openSet()
  for (const name of ['a', 'b']) await set.create(name)
  const [a, b] = [await set.open('a'), await set.open('b')]
  await a.append([{ payload }, { payload }])
  await database.change(new Keys('a').chunk(0), (value) => value.with(50, value[50]! ^ 1))
  const [cut, append] = await Promise.allSettled([a.truncate(1), b.append([{ payload }])])
  t.match(cut, { status: 'rejected', reason: { code: 'LOG_FAILED', cause: { code: 'LOG_CORRUPT' } } })
  t.match(append, { status: 'fulfilled', value: [0] })
  await t.rejects(a.append([{ payload }]), { code: 'LOG_FAILED' })
  t.strictSame(await b.append([{ payload }]), [1])
  await set.close()
})

t.test('a log is deleted at once, and what is left of it later, also after a crash', async (t) => {
  const { database, set } = await openSet()
  for (const name of ['a', 'b']) await set.create(name)
  const log = await set.open('a')
  for (let index = 0; index < 1500; index += 1) void log.append([{ payload }])
  for (let index = 0; index < 3; index += 1) await log.append([{ payload }])
  await log.close()
  // The process dies when the deletion is on disk and nothing is erased.
  const write = database.batch.bind(database)
  database.batch = async (operations, options) => {
    if (!operations.some(({ type }) => type === 'put')) throw new Error('died')
    await write(operations, options)
  }
  await set.delete('a')
  t.strictSame(await set.names(), ['b'])
  await settle()
  t.ok((await storedKeys(database, 'a')) > 0)
  database.batch = write
  const reopened = await openLogSet({ database })
  t.strictSame(await reopened.names(), ['b'])
  await reopened.create('a')
  t.equal(await storedKeys(database, 'a'), 1, 'a name is free again when everything of it is gone')
  const anew = await reopened.open('a')
  t.equal(anew.endOffset, 0)
  await reopened.close()
})

t.test('a log that was made anew under the name of a deleted one stays', async (t) => {
  const { database, set } = await openSet()
  await set.create('a')
  await set.delete('a')
  await set.create('a')
  const log = await set.open('a')
  await log.append([{ payload }])
  await set.close()
  const reopened = await openLogSet({ database })
  await reopened.compact()
  const again = await reopened.open('a')
  t.equal(again.endOffset, 1)
  await reopened.close()
})

t.test('a log may have limits of its own', async (t) => {
  const { set } = await openSet({ segmentBytes: 100 })
  for (const name of ['a', 'b']) await set.create(name)
  const [a, b] = [await set.open('a'), await set.open('b', { segmentBytes: 10_000, maxBatchBytes: 50 })]
  for (const log of [a, b]) for (let index = 0; index < 3; index += 1) await log.append([{ payload }])
  t.strictSame([a.segments.length, b.segments.length], [3, 1])
  await t.rejects(b.append([{ payload: Buffer.alloc(60) }]), { code: 'LOG_BATCH_TOO_LARGE' })
  await t.resolves(a.append([{ payload: Buffer.alloc(60) }]))
  await set.close()
})

t.test('closing the set closes its logs, and nothing can be asked of it afterwards', async (t) => {
  const { set } = await openSet()
  await set.create('a')
  const log = await set.open('a')
  const appending = log.append([{ payload }])
  await Promise.all([set.close(), set.close()])
  t.strictSame(await appending, [0])
  await t.rejects(log.append([{ payload }]), { code: 'LOG_CLOSED' })
  const calls: Promise<unknown>[] = [set.names(), set.create('b'), set.open('a'), set.delete('a')]
  for (const outcome of await Promise.allSettled([...calls, set.compact()]))
    t.match(outcome, { status: 'rejected', reason: { code: 'LOG_CLOSED' } })
})

t.test('on disk: what was appended to many logs is there after the set was opened again', async (t) => {
  const path = `${t.testdir()}/set`
  await createLogSet({ path })
  await t.rejects(createLogSet({ path }), { code: 'LOG_EXISTS' })
  const names = Array.from({ length: 40 }, (_, index) => `topic-${index}`)
  const set = await openLogSet({ path })
  await t.rejects(openLogSet({ path }), { code: 'LOG_LOCKED' })
  await Promise.all(names.map((name) => set.create(name)))
  const logs = await Promise.all(names.map((name) => set.open(name)))
  await Promise.all(
    logs.map((log, index) => log.append([{ payload: Buffer.from(`of ${index}`), epoch: index }])),
  )
  await set.delete('nothing').catch(() => {})
  await set.close()
  const again = await openLogSet({ path })
  t.equal((await again.names()).length, 40)
  for (const [index, name] of names.entries()) {
    const log = await again.open(name)
    t.strictSame(log.epochs, [{ epoch: index, startOffset: 0 }])
    t.equal(Buffer.from((await log.read(0))[0]!.payload).toString(), `of ${index}`)
  }
  await again.compact()
  await again.close()
})

t.test('a database that holds no set is not opened as one', async (t) => {
  const database = new MemoryLevel()
  await createLog({ database })
  await t.rejects(openLogSet({ database }), { code: 'LOG_NOT_FOUND' })
  const path = t.testdir()
  const foreign = new Level(path)
  await foreign.put('key', 'value')
  await foreign.close()
  await t.rejects(openLogSet({ path }), { name: 'LogError' })
  await t.rejects(openLogSet({}), { name: 'TypeError' })
})

t.test('one log of a set can be opened alone', async (t) => {
  const { database, set } = await openSet()
  await set.create('a')
  const log = await set.open('a')
  await log.append([{ payload }])
  await set.close()
  const alone = await openLog({ database, name: 'a' })
  t.equal((await alone.read(0)).length, 1)
  await alone.close()
})

t.test('a name that no log can have is a TypeError', async (t) => {
  const { set } = await openSet()
  await t.rejects(set.create('x'.repeat(255)), { name: 'TypeError', message: /254/ })
  await set.create('x'.repeat(254))
  t.strictSame(await set.names(), ['x'.repeat(254)])
  await t.rejects(set.open(5 as never), { name: 'TypeError' })
  await set.close()
})
