import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import t from 'tap'
import { createLog, openLog } from '../src/index.ts'
import type { OpenLogOptions } from '../src/index.ts'
import { writeHighWater } from '../src/recovery/high-water.ts'

t.test('a directory that does not exist is not found, and not made', async (t) => {
  const path = `${t.testdir()}/absent`
  await t.rejects(openLog({ path }), { code: 'LOG_NOT_FOUND' })
  t.notOk(existsSync(path))
})

t.test('a directory of something else is not found, and stays as it is', async (t) => {
  const path = t.testdir({ 'notes.txt': 'mine' })
  await t.rejects(openLog({ path }), { code: 'LOG_NOT_FOUND' })
  t.strictSame(readdirSync(path), ['notes.txt'])
})

t.test('a log is made once', async (t) => {
  const path = `${t.testdir()}/deep/down/log`
  await createLog({ path })
  const log = await openLog({ path })
  await log.append([{ payload: Buffer.from('a') }])
  await log.close()
  await t.rejects(createLog({ path }), { code: 'LOG_EXISTS' })
  const reopened = await openLog({ path })
  t.equal(reopened.endOffset, 1)
  await reopened.close()
})

t.test('a LevelDB of something else is neither opened nor formatted', async (t) => {
  const path = t.testdir()
  const foreign = new Level(path)
  await foreign.put('key', 'value')
  await foreign.close()
  await t.rejects(createLog({ path }), { code: 'LOG_EXISTS' })
  await t.rejects(openLog({ path }), { code: 'LOG_NOT_FOUND' })
})

t.test('a format step that was interrupted can be done again', async (t) => {
  const path = t.testdir()
  for (const step of ['the directory', 'LevelDB', 'the high-water file']) {
    await t.rejects(openLog({ path }), { code: 'LOG_NOT_FOUND' }, `after ${step}`)
    if (step === 'LevelDB') {
      const empty = new Level(`${path}/leveldb`)
      await empty.open()
      await empty.close()
    } else if (step === 'the high-water file') await writeHighWater(`${path}/high-water`, 0)
  }
  await t.rejects(openLog({ path }), { code: 'LOG_NOT_FOUND' })
  await createLog({ path })
  await (await openLog({ path })).close()
})

t.test('a format step that was interrupted while LevelDB was being made can be done again', async (t) => {
  const path = t.testdir({ 'leveldb.aside': { CURRENT: 'MANIFEST-000001\n', 'MANIFEST-000001': '' } })
  await t.rejects(openLog({ path }), { code: 'LOG_NOT_FOUND' })
  await createLog({ path })
  await (await openLog({ path })).close()
  t.notOk(existsSync(`${path}/leveldb.aside`))
})

t.test('logs of one database do not see each other', async (t) => {
  const database = new MemoryLevel()
  for (const name of ['a', 'ab', '']) await createLog({ database, name })
  await t.rejects(createLog({ database, name: 'ab' }), { code: 'LOG_EXISTS' })
  await t.rejects(openLog({ database, name: 'abc' }), { code: 'LOG_NOT_FOUND' })
  const logs = await Promise.all(['a', 'ab', ''].map((name) => openLog({ database, name })))
  for (const [index, log] of logs.entries())
    await log.append(Array.from({ length: index + 1 }, () => ({ payload: Buffer.from(`of ${index}`) })))
  for (const [index, log] of logs.entries()) {
    const batches = await log.read(0)
    t.strictSame(
      batches.map(({ payload }) => Buffer.from(payload).toString()),
      Array.from({ length: index + 1 }, () => `of ${index}`),
    )
    await log.close()
  }
  t.equal(database.status, 'open', 'the database is its owner’s to close')
})

t.test('a database that is closed cannot be opened on', async (t) => {
  const database = new MemoryLevel()
  await database.open()
  await database.close()
  await t.rejects(openLog({ database }), { code: 'LOG_IO' })
  await t.rejects(createLog({ database }), { code: 'LOG_IO' })
})

t.test('a directory that is open in this process is locked, and stays locked for others', async (t) => {
  const path = t.testdir()
  await createLog({ path })
  const log = await openLog({ path })
  await t.rejects(openLog({ path: `${path}/../${path.split('/').at(-1)}` }), { code: 'LOG_LOCKED' })
  await t.rejects(createLog({ path }), { code: 'LOG_LOCKED' })
  t.equal(await openInAnotherProcess(path), 'LOG_LOCKED')
  await log.close()
  t.equal(await openInAnotherProcess(path), 'opened')
})

t.test('a lost CURRENT is damage, not an empty directory', async (t) => {
  const path = t.testdir()
  await createLog({ path })
  rmSync(`${path}/leveldb/CURRENT`)
  await t.rejects(openLog({ path }), { code: 'LOG_DAMAGED' })
  await t.rejects(createLog({ path }), { code: 'LOG_DAMAGED' })
  rmSync(`${path}/leveldb`, { recursive: true })
  await t.rejects(openLog({ path }), { code: 'LOG_DAMAGED' }, 'so is a lost LevelDB')
  await t.rejects(createLog({ path }), { code: 'LOG_DAMAGED' })
})

t.test('damage of the manifest is found before LevelDB is asked', async (t) => {
  const path = t.testdir()
  await createLog({ path })
  const manifest = readdirSync(`${path}/leveldb`).find((file) => file.startsWith('MANIFEST-'))
  truncateSync(`${path}/leveldb/${manifest}`, 10)
  await t.rejects(openLog({ path }), { code: 'LOG_DAMAGED', details: { findings: [{ kind: 'manifest' }] } })
})

t.test('a directory that cannot be written says so', async (t) => {
  if (process.getuid?.() !== 0) return void t.pass('only root can become somebody else')
  const path = t.testdir()
  await createLog({ path })
  process.seteuid!(65_534)
  try {
    await t.rejects(openLog({ path }), { code: 'LOG_NOT_WRITABLE' })
    await t.rejects(createLog({ path: `${path}/new` }), { code: 'LOG_NOT_WRITABLE' })
  } finally {
    process.seteuid!(0)
  }
})

t.test('options that make no sense are a TypeError that names them', async (t) => {
  const database = new MemoryLevel()
  const wrong: [unknown, RegExp][] = [
    [{}, /path or database/],
    [{ path: '/tmp/x', database }, /path or database/],
    [{ database, maxBatchBytes: 0 }, /maxBatchBytes/],
    [{ database, maxBatchByte: 1 }, /maxBatchByte/],
    [{ database: {} }, /abstract-level/],
    [{ database, name: 'x'.repeat(255) }, /254/],
    [{ database, now: 5 }, /now/],
  ]
  for (const [options, message] of wrong)
    await t.rejects(openLog(options as OpenLogOptions), { name: 'TypeError', message })
})

/** What `openLog` says in another process: 'opened', or the code of its error. */
async function openInAnotherProcess(path: string): Promise<string> {
  const program = `
    const { openLog } = await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)})
    try {
      await (await openLog({ path: ${JSON.stringify(path)} })).close()
      process.stdout.write('opened')
    } catch (error) {
      process.stdout.write(error.code)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
  let output = ''
  child.stdout.on('data', (text) => (output += String(text)))
  await once(child, 'close')
  return output
}
