import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { Level } from 'level'
import t from 'tap'
import type { Test } from 'tap'
import type { LogDatabase } from '../../src/database.ts'
import { auditManifest } from '../../src/leveldb/manifest.ts'
import { auditDirectory } from '../../src/recovery/audit.ts'
import type { AuditOptions } from '../../src/recovery/audit.ts'
import type { RecoveryReport } from '../../src/recovery/report.ts'

const everything = { maxTableBytes: Infinity, keys: [] }

interface Written {
  readonly directory: string
  /** Path of its manifest. */
  readonly manifest: string
}

/** A LevelDB with a few tables, and so a manifest with a few edits, that was left without closing it. */
async function written(t: Test): Promise<Written> {
  const home = t.testdir({ live: {}, copy: {} })
  const level = new Level(`${home}/live`, { writeBufferSize: 64 * 1024 })
  for (let index = 0; index < 200; index += 1)
    await level.put(`key ${index % 70}`, 'x'.repeat(5_000), { sync: true })
  const [from, to] = [Buffer.from('key'), Buffer.from('kez')]
  await (level as unknown as LogDatabase).compactRange!(from, to, { keyEncoding: 'view' })
  await level.put('key', 'last', { sync: true })
  // As a crash leaves it: nothing that closing does has been done.
  cpSync(`${home}/live`, `${home}/copy`, { recursive: true })
  await level.close()
  const directory = `${home}/copy`
  const manifest = readdirSync(directory).find((file) => file.startsWith('MANIFEST-'))!
  return { directory, manifest: `${directory}/${manifest}` }
}

async function audit(directory: string, options: AuditOptions): Promise<Omit<RecoveryReport, 'mark'>> {
  return (await auditDirectory(directory, options)).report
}

/** What LevelDB itself makes of the directory: an error, or how many of the 71 keys are there. */
async function levelDb(directory: string): Promise<number | string> {
  const copy = directory.replace(/copy$/, 'opened')
  rmSync(copy, { recursive: true, force: true })
  cpSync(directory, copy, { recursive: true })
  const level = new Level(copy, { createIfMissing: false })
  try {
    await level.open({ createIfMissing: false })
    return (await level.keys().all()).length
  } catch {
    return 'refused'
  } finally {
    await level.close()
  }
}

t.test('the manifest says what the database consists of', async (t) => {
  const { directory } = await written(t)
  const { manifest } = await auditManifest(directory)
  const tables = readdirSync(directory).filter((file) => file.endsWith('.ldb'))
  t.strictSame(
    manifest?.tables.map(({ number }) => `${String(number).padStart(6, '0')}.ldb`).toSorted(),
    tables.toSorted(),
  )
  t.match(await audit(directory, everything), {
    state: 'intact',
    findings: [],
    tables: { live: tables.length, verified: tables.length },
  })
})

t.test('a manifest that was cut short never hides that something is missing', async (t) => {
  const { directory, manifest } = await written(t)
  const whole = readFileSync(manifest)
  let silentLoss = 0
  for (let length = whole.length - 1; length >= 0; length -= 7) {
    writeFileSync(manifest, whole.subarray(0, length))
    const { state } = await audit(directory, everything)
    const keys = state === 'damaged' ? 'refused' : await levelDb(directory)
    if (keys === 71 || keys === 'refused') continue
    silentLoss += 1
  }
  t.equal(silentLoss, 0)
})

t.test('a flipped byte of a manifest never hides that something is missing', async (t) => {
  const { directory, manifest } = await written(t)
  const whole = readFileSync(manifest)
  let damaged = 0
  for (let position = 0; position < whole.length; position += 7) {
    const flipped = Buffer.from(whole)
    flipped[position]! ^= 0x40
    writeFileSync(manifest, flipped)
    const { state } = await audit(directory, everything)
    if (state === 'damaged') damaged += 1
    else {
      const keys = await levelDb(directory)
      t.ok(keys === 71 || keys === 'refused', `byte ${position}: ${keys}`)
    }
  }
  t.ok(damaged > whole.length / 10, `${damaged} found before LevelDB was asked`)
})

t.test('a CURRENT that names nothing, or something that is not there, is damage', async (t) => {
  const { directory } = await written(t)
  const current = readFileSync(`${directory}/CURRENT`, 'latin1')
  for (const bad of ['', current.slice(0, -1), current.toLowerCase(), 'MANIFEST-999999\n']) {
    writeFileSync(`${directory}/CURRENT`, bad)
    t.match(await audit(directory, everything), { state: 'damaged' }, JSON.stringify(bad))
  }
})

t.test('a missing write-ahead log is damage, although LevelDB does not miss it', async (t) => {
  const { directory } = await written(t)
  for (const file of readdirSync(directory)) if (file.endsWith('.log')) rmSync(`${directory}/${file}`)
  t.equal(await levelDb(directory), 70)
  t.match(await audit(directory, everything), {
    state: 'damaged',
    findings: [{ kind: 'write-ahead-log', detail: /missing/ }],
  })
})

t.test('a table that is missing, too short or has a bad block is damage', async (t) => {
  for (const harm of [
    (file: string) => rmSync(file),
    (file: string) => truncateSync(file, 1_000),
    (file: string) => {
      const bytes = readFileSync(file)
      bytes[500]! ^= 1
      writeFileSync(file, bytes)
    },
  ]) {
    const { directory } = await written(t)
    const table = readdirSync(directory).find((file) => file.endsWith('.ldb'))!
    harm(`${directory}/${table}`)
    t.match(await audit(directory, everything), {
      state: 'damaged',
      findings: [{ kind: 'table', file: table }],
    })
  }
})

t.test('tables are verified up to a limit, those that hold a wanted key first', async (t) => {
  const { directory } = await written(t)
  const { manifest } = await auditManifest(directory)
  const sizes = manifest!.tables.map(({ bytes }) => bytes)
  const none = await audit(directory, { maxTableBytes: 0, keys: [] })
  t.match(none, { state: 'intact', tables: { live: sizes.length, verified: 0, verifiedBytes: 0 } })
  const oldest = manifest!.tables.toSorted((a, b) => a.number - b.number)[0]!
  const some = await audit(directory, {
    maxTableBytes: oldest.bytes,
    keys: [oldest.smallest.subarray(0, -8)],
  })
  t.equal(some.tables.verifiedBytes, oldest.bytes)
})
