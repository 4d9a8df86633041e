import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import { createLog, openLog } from '../../src/index.ts'
import type { Finding, Log, LogError } from '../../src/index.ts'
import { FakeClock } from '../fake-clock.ts'

interface Made {
  /** The log's directory as a crash left it, after `acknowledged` batches and a vote. */
  readonly path: string
  readonly acknowledged: number
}

/**
 * A log of 20 batches, of which the first half was there when a mark was left, and a hard state. The directory is copied
 * while it is open, as a crash leaves it.
 */
async function crashed(t: Test): Promise<Made> {
  const home = t.testdir()
  const live = `${home}/live`
  await createLog({ path: live })
  const clock = new FakeClock()
  const log = await openLog({ path: live, clock })
  await log.write({ hardState: { epoch: 5, vote: { id: 2, directoryId: 'd' } } })
  for (let index = 0; index < 10; index += 1) await log.append([{ payload: text(index) }])
  const before = readFileSync(`${live}/high-water`)
  clock.advance(1_000)
  while (readFileSync(`${live}/high-water`).equals(before)) await new Promise(setImmediate)
  for (let index = 10; index < 20; index += 1) await log.append([{ payload: text(index) }])
  const path = `${home}/crashed`
  cpSync(live, path, { recursive: true })
  await log.close()
  return { path, acknowledged: 20 }
}

function text(index: number): Buffer {
  return Buffer.from(`batch number ${index} `.repeat(10))
}

function writeAheadLog(path: string): string {
  const files = readdirSync(`${path}/leveldb`).filter((file) => file.endsWith('.log'))
  return `${path}/leveldb/${files.toSorted().at(-1)}`
}

function flip(file: string, position: number): void {
  const bytes = readFileSync(file)
  bytes[position]! ^= 0x40
  writeFileSync(file, bytes)
}

/** Everything in the directory but the guard: name, size and content. */
function contents(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'guard')
    .map((entry) => `${entry.name}: ${readFileSync(`${entry.parentPath}/${entry.name}`, 'hex')}`)
    .toSorted()
}

/** Makes sure that the log is what was written, up to `endOffset`. */
async function checkBatches(t: Test, log: Log, endOffset: number): Promise<void> {
  t.equal(log.endOffset, endOffset)
  const batches = endOffset === 0 ? [] : await log.read(0)
  t.strictSame(
    batches.map(({ payload }) => Buffer.from(payload).toString()),
    Array.from({ length: endOffset }, (_, index) => text(index).toString()),
  )
}

async function refusal(path: string): Promise<LogError> {
  try {
    await (await openLog({ path })).close()
  } catch (error) {
    return error as LogError
  }
  throw new Error('the log was opened')
}

t.test('a log that a crash left whole is intact, and says what it replayed', async (t) => {
  const { path, acknowledged } = await crashed(t)
  const log = await openLog({ path })
  await checkBatches(t, log, acknowledged)
  t.match(log.recovery, {
    state: 'intact',
    findings: [],
    mark: { found: 1, recorded: 1 },
    writeAheadLog: { tornBytes: 0 },
  })
  t.ok(log.recovery.writeAheadLog.records > acknowledged)
  await log.close()
})

t.test('a torn last write is cut off, said, and written over', async (t) => {
  const { path, acknowledged } = await crashed(t)
  const file = writeAheadLog(path)
  truncateSync(file, statSync(file).size - 5)
  const log = await openLog({ path })
  t.match(log.recovery, { state: 'torn', findings: [] })
  t.ok(log.recovery.writeAheadLog.tornBytes > 0)
  await checkBatches(t, log, acknowledged - 1)
  t.strictSame(await log.append([{ payload: text(19) }]), [19])
  await log.close()
  const reopened = await openLog({ path })
  t.equal(reopened.recovery.state, 'intact')
  await checkBatches(t, reopened, acknowledged)
  await reopened.close()
})

t.test(
  'a bad byte in the middle is damage: refused with the first bad offset, and nothing is changed',
  async (t) => {
    const { path } = await crashed(t)
    const file = writeAheadLog(path)
    flip(file, Math.floor(statSync(file).size / 2))
    const before = contents(path)
    const error = await refusal(path)
    t.equal(error.code, 'LOG_DAMAGED')
    const offset = error.details['offset'] as number
    t.ok(offset > 0 && offset < 20, `first bad offset ${offset}`)
    t.match(error.details['findings'], [{ kind: 'write-ahead-log', file: /\.log$/, position: Number }])
    t.strictSame(contents(path), before, 'whoever wants to know more finds everything as it was')

    const log = await openLog({ path, allowDamaged: true })
    await checkBatches(t, log, offset)
    t.equal(log.recovery.state, 'damaged')
    t.ok(log.recovery.findings.some((finding: Finding) => finding.offset === offset))
    await t.rejects(log.append([{ payload: text(0) }]), { code: 'LOG_READ_ONLY' })
    await t.rejects(log.write({ hardState: { epoch: 9 } }), { code: 'LOG_READ_ONLY' })
    await log.close()
    t.strictSame(contents(path), before)
    t.equal((await refusal(path)).code, 'LOG_DAMAGED', 'it stays damaged')
  },
)

t.test('a write-ahead log cut back behind a mark is damage, not a torn write', async (t) => {
  const { path } = await crashed(t)
  const file = writeAheadLog(path)
  truncateSync(file, Math.floor(statSync(file).size / 4))
  const before = contents(path)
  const error = await refusal(path)
  t.match(error, { code: 'LOG_DAMAGED', details: { findings: [{ kind: 'lost-writes' }] } })
  t.strictSame(contents(path), before)
  const log = await openLog({ path, allowDamaged: true })
  await checkBatches(t, log, error.details['offset'] as number)
  await log.close()
})

t.test('an empty or missing write-ahead log is damage', async (t) => {
  for (const harm of [(file: string) => truncateSync(file), (file: string) => rmSync(file)]) {
    const { path } = await crashed(t)
    harm(writeAheadLog(path))
    t.match(await refusal(path), { code: 'LOG_DAMAGED' })
    t.match(await refusal(path), { code: 'LOG_DAMAGED' }, 'also when it is tried again')
  }
})

t.test('after a clean close no byte of the write-ahead log can be lost unnoticed', async (t) => {
  const path = t.testdir()
  await createLog({ path: `${path}/log` })
  const log = await openLog({ path: `${path}/log` })
  await log.write({ hardState: { epoch: 1 } })
  await log.append([{ payload: text(0) }, { payload: text(1) }])
  await log.close()
  const size = statSync(writeAheadLog(`${path}/log`)).size
  for (let length = 0; length < size; length += 47) {
    rmSync(`${path}/copy`, { recursive: true, force: true })
    cpSync(`${path}/log`, `${path}/copy`, { recursive: true })
    truncateSync(writeAheadLog(`${path}/copy`), length)
    t.match(await refusal(`${path}/copy`), { code: 'LOG_DAMAGED' }, `cut to ${length} of ${size}`)
  }
  for (let position = 0; position < size; position += 31) {
    rmSync(`${path}/copy`, { recursive: true, force: true })
    cpSync(`${path}/log`, `${path}/copy`, { recursive: true })
    flip(writeAheadLog(`${path}/copy`), position)
    t.match(await refusal(`${path}/copy`), { code: 'LOG_DAMAGED' }, `byte ${position} of ${size}`)
  }
})

t.test('a log whose high-water file is lost or bad is damaged, and its batches can be read', async (t) => {
  for (const harm of [(file: string) => rmSync(file), (file: string) => flip(file, 20)]) {
    const { path, acknowledged } = await crashed(t)
    harm(`${path}/high-water`)
    t.match(await refusal(path), { code: 'LOG_DAMAGED', details: { findings: [{ kind: 'high-water' }] } })
    const log = await openLog({ path, allowDamaged: true })
    await checkBatches(t, log, acknowledged)
    t.equal(log.hardState?.epoch, 5)
    await log.close()
  }
})

t.test('an older copy of the database beside a newer high-water file is damage', async (t) => {
  const { path } = await crashed(t)
  const old = path.replace(/crashed$/, 'old')
  cpSync(path, old, { recursive: true })
  const log = await openLog({ path })
  await log.append([{ payload: text(20) }])
  await log.close()
  rmSync(`${path}/leveldb`, { recursive: true })
  cpSync(`${old}/leveldb`, `${path}/leveldb`, { recursive: true })
  t.match(await refusal(path), {
    code: 'LOG_DAMAGED',
    details: { findings: [{ kind: 'lost-writes' }], offset: 20 },
  })
})

t.test(
  'a bad table is damage that LevelDB is never shown, and the batches before it can be read',
  async (t) => {
    const home = t.testdir()
    await createLog({ path: `${home}/log` })
    // What was written before an opening is in a table after it.
    for (let round = 0; round < 4; round += 1) {
      const log = await openLog({ path: `${home}/log` })
      for (let index = 5 * round; index < 5 * round + 5; index += 1)
        await log.append([{ payload: text(index) }])
      await log.close()
    }
    const tables = readdirSync(`${home}/log/leveldb`).filter((file) => file.endsWith('.ldb'))
    t.ok(tables.length >= 3)
    const ends: number[] = []
    for (const table of tables) {
      const path = `${home}/copy`
      rmSync(path, { recursive: true, force: true })
      cpSync(`${home}/log`, path, { recursive: true })
      const file = `${path}/leveldb/${table}`
      if (ends.length === 1) rmSync(file)
      else flip(file, Math.floor(statSync(file).size / 3))
      const before = contents(path)
      const error = await refusal(path)
      t.match(error, { code: 'LOG_DAMAGED', details: { findings: [{ kind: 'table', file: table }] } })
      const log = await openLog({ path, allowDamaged: true }).catch((unreadable: LogError) => unreadable)
      if ('endOffset' in log) {
        await checkBatches(t, log, error.details['offset'] as number)
        ends.push(log.endOffset)
        await log.close()
      } else ends.push(NaN)
      t.strictSame(contents(path), before)
    }
    t.ok(ends.includes(5), `the log can be read up to ${ends.join(', ')}`)
  },
)

t.test('all tables are read when one of them is bad, whatever the limit', async (t) => {
  const { path } = await crashed(t)
  for (let round = 0; round < 3; round += 1) {
    const log = await openLog({ path })
    await log.append([{ payload: text(20 + round) }])
    await log.close()
  }
  const tables = readdirSync(`${path}/leveldb`).filter((file) => file.endsWith('.ldb'))
  const newest = tables.toSorted().at(-1)!
  for (const table of tables) flip(`${path}/leveldb/${table}`, 40)
  const { size } = statSync(`${path}/leveldb/${newest}`)
  const error = await openLog({ path, maxAuditBytes: size }).catch((refused: LogError) => refused)
  t.match(error, { code: 'LOG_DAMAGED' })
  const { findings } = (error as LogError).details as { findings: readonly Finding[] }
  t.strictSame(
    new Set(findings.flatMap(({ kind, file }) => (kind === 'table' ? [file] : []))),
    new Set(tables),
  )
})

t.test('a log that is opened to be read changes nothing in its directory', async (t) => {
  const { path, acknowledged } = await crashed(t)
  const before = contents(path)
  const log = await openLog({ path, readOnly: true })
  await checkBatches(t, log, acknowledged)
  await t.rejects(log.append([{ payload: text(0) }]), { code: 'LOG_READ_ONLY' })
  await t.rejects(log.truncate(0), { code: 'LOG_READ_ONLY' })
  await t.rejects(openLog({ path }), { code: 'LOG_LOCKED' })
  await log.close()
  t.strictSame(contents(path), before)
})
