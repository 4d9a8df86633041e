import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openLog, openLogSet, openSnapshots } from '../src/index.ts'
import type { Batch, Log } from '../src/index.ts'
import {
  fixtureDirectory,
  hardState,
  logBatches,
  logStartOffset,
  setLogs,
  snapshot,
  snapshotBody,
} from './fixtures/make.ts'

/** A copy of a part of the fixture, since opening changes files. */
async function copyOf(t: { testdir(): string }, part: string): Promise<string> {
  const path = join(t.testdir(), part)
  await cp(join(fixtureDirectory, part), path, { recursive: true })
  return path
}

/** Everything in `log`, with payloads that can be compared. */
async function contents(log: Log): Promise<Batch[]> {
  const found: Batch[] = []
  for (const batch of await log.read(log.startOffset, { maxBytes: Number.MAX_SAFE_INTEGER }))
    found.push({ ...batch, payload: Buffer.from(batch.payload) })
  return found
}

t.test('a log of format version 1 opens, and holds exactly what was written', async (t) => {
  const path = await copyOf(t, 'log')
  const log = await openLog({ path })
  t.equal(log.recovery.state, 'intact')
  t.equal(log.startOffset, logStartOffset)
  const kept = logBatches.filter(({ baseOffset }) => baseOffset >= logStartOffset)
  t.strictSame(await contents(log), kept)
  t.strictSame(log.hardState, hardState)
  t.strictSame(
    log.epochs.map(({ epoch }) => epoch),
    [...new Set(kept.map(({ epoch }) => epoch))],
  )
  t.ok(log.segments.length > 2)
  t.strictSame(await log.offsetForTimestamp(kept[9]!.timestampMs), {
    offset: kept[9]!.baseOffset,
    timestampMs: kept[9]!.timestampMs,
  })
  for await (const { endOffset } of log.scrub({ bytesPerSecond: 1e9 })) t.equal(endOffset, log.endOffset)

  const [offset] = await log.append([{ payload: Buffer.from('and it goes on') }])
  await log.close()
  await using reopened = await openLog({ path })
  t.match(await reopened.read(offset!), [{ baseOffset: offset }])
})

t.test('a set of logs of format version 1 opens, and holds exactly what was written', async (t) => {
  await using logs = await openLogSet({ path: await copyOf(t, 'set') })
  t.strictSame((await logs.names()).toSorted(), Object.keys(setLogs).toSorted())
  for (const [name, batches] of Object.entries(setLogs)) {
    await using log = await logs.open(name)
    t.strictSame(await contents(log), batches)
  }
})

t.test('a snapshot of format version 1 is listed, and holds exactly what was written', async (t) => {
  await using snapshots = await openSnapshots({ directory: await copyOf(t, 'snapshots') })
  t.strictSame(snapshots.damaged, [])
  t.match(snapshots.latest, snapshot)
  const pieces: Uint8Array[] = []
  for await (const piece of snapshots.contents(snapshot)) pieces.push(piece)
  t.strictSame(Buffer.concat(pieces), snapshotBody)
})

t.test('the snapshot file is laid out as docs/formats.md has it', async (t) => {
  const path = join(fixtureDirectory, 'snapshots', '00000000000000000012-0000000001.snapshot')
  const file = await readFile(path)
  t.equal(file.length, 32 + 70_000 + 2 * 4 + 20)
  t.equal(file.toString('latin1', 8, 12), 'QSNP')
  t.equal(file.readUInt32BE(12), 1)
  t.equal(file.readBigUInt64BE(16), 12n)
  t.strictSame(file.subarray(32, -28), snapshotBody)
  t.equal(file.readBigUInt64BE(file.length - 20), 70_000n)
  t.equal(file.toString('latin1', file.length - 8, file.length - 4), 'QEND')
})
