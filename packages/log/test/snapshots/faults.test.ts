import { readFile, readdir, writeFile } from 'node:fs/promises'
import t from 'tap'
import { openSnapshots } from '../../src/index.ts'
import type { SnapshotId, Snapshots } from '../../src/index.ts'
import { createMemorySnapshotDirectory, openMemorySnapshots } from '../../src/memory/index.ts'

const id = { endOffset: 1_234_567, epoch: 42, timestampMs: 1_700_000_000_000 }
const body = Buffer.from('the state at offset 1234567')

async function make(snapshots: Snapshots): Promise<void> {
  const writer = await snapshots.create(id)
  await writer.write(body)
  await writer.finish()
}

async function bodyOf(snapshots: Snapshots, snapshot: SnapshotId): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of snapshots.contents(snapshot)) pieces.push(piece)
  return Buffer.concat(pieces)
}

t.test('whichever byte is damaged, no wrong byte is read', async (t) => {
  const directory = createMemorySnapshotDirectory()
  const whole = await openMemorySnapshots({ directory })
  await make(whole)
  await whole.close()
  let listed = 0
  for (let position = 0; position < 32 + body.length + 4 + 20; position += 1) {
    directory.corrupt(id, position)
    const snapshots = await openMemorySnapshots({ directory })
    if (snapshots.all.length > 0) {
      listed += 1
      await t.rejects(bodyOf(snapshots, id), { code: 'LOG_SNAPSHOT_CORRUPT' }, `byte ${position}`)
      await t.rejects(snapshots.read(id), { code: 'LOG_SNAPSHOT_CORRUPT' })
    } else {
      t.strictSame(snapshots.damaged, ['00000000000001234567-0000000042.snapshot'])
      await t.rejects(snapshots.read(id), { code: 'LOG_SNAPSHOT_NOT_FOUND' })
      await t.rejects(snapshots.create(id), { code: 'LOG_SNAPSHOT_EXISTS' }, 'it is kept')
    }
    await snapshots.close()
    directory.corrupt(id, position)
  }
  t.equal(listed, body.length, 'only damage of the body waits until it is read')
})

t.test('a damaged file can be deleted, and its snapshot made again', async (t) => {
  const directory = createMemorySnapshotDirectory()
  const before = await openMemorySnapshots({ directory })
  await make(before)
  await before.close()
  directory.corrupt(id, 0)
  await using snapshots = await openMemorySnapshots({ directory })
  await snapshots.delete(id)
  t.strictSame(snapshots.damaged, [])
  await make(snapshots)
  t.strictSame(await bodyOf(snapshots, id), body)
})

t.test('a file that was cut anywhere is never listed', async (t) => {
  for (let length = 0; length < 32 + body.length + 4 + 20; length += 1) {
    const directory = createMemorySnapshotDirectory()
    await using whole = await openMemorySnapshots({ directory })
    await make(whole)
    await whole.close()
    directory.cut(id, length)
    await using snapshots = await openMemorySnapshots({ directory })
    t.strictSame(snapshots.all, [], `cut to ${length}`)
  }
})

t.test('after a crash at any moment a snapshot is there as a whole, or not at all', async (t) => {
  const outcomes = new Set<string>()
  for (const keepUnsynced of [true, false]) {
    for (let turns = 0; turns < 80; turns += 1) {
      const directory = createMemorySnapshotDirectory()
      const before = await openMemorySnapshots({ directory })
      let finished = false
      const making = make(before).then(
        () => (finished = true),
        () => undefined,
      )
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      const acknowledged = finished
      directory.crash({ keepUnsynced })
      await making
      await before.close()

      await using after = await openMemorySnapshots({ directory })
      t.strictSame(after.damaged, [])
      if (after.latest !== undefined) t.strictSame(await bodyOf(after, id), body)
      else t.notOk(acknowledged, 'what was acknowledged is there')
      outcomes.add(`${after.latest === undefined ? 'absent' : 'there'}, ${acknowledged ? 'finished' : 'not'}`)
    }
  }
  t.strictSame([...outcomes].toSorted(), ['absent, not', 'there, finished', 'there, not'])
})

t.test('a snapshot that was deleted does not come back after a crash', async (t) => {
  const directory = createMemorySnapshotDirectory()
  const before = await openMemorySnapshots({ directory })
  await make(before)
  await before.delete(id)
  directory.crash()
  await before.close()
  const after = await openMemorySnapshots({ directory })
  t.strictSame(after.all, [])
})

t.test('a failed write gives the snapshot up, and the next one succeeds', async (t) => {
  const directory = createMemorySnapshotDirectory()
  const snapshots = await openMemorySnapshots({ directory })
  const full = new Error('no space left on device')
  const writer = await snapshots.create(id)
  directory.failNextWrite(full)
  await t.rejects(writer.write(body), { code: 'LOG_IO', cause: full })
  await t.rejects(writer.finish(), { code: 'LOG_CLOSED' })
  directory.failNextWrite(full)
  await t.rejects(snapshots.create(id), { code: 'LOG_IO' })
  await make(snapshots)
  t.strictSame(await bodyOf(snapshots, id), body)
})

t.test('opening removes what a crash left, and touches no other file', async (t) => {
  const directory = t.testdir({
    '00000000000000000007-0000000001.snapshot.part': 'half',
    'notes.txt': 'kept',
    '7-1.snapshot': 'not a name of ours',
  })
  await using snapshots = await openSnapshots({ directory })
  t.strictSame((await readdir(directory)).toSorted(), ['7-1.snapshot', 'guard', 'notes.txt'])
  t.strictSame(snapshots.damaged, [])
  await t.rejects(openSnapshots({ directory }), { code: 'LOG_LOCKED' })
})

t.test('a snapshot under the name of another is not listed', async (t) => {
  const directory = t.testdir()
  const before = await openSnapshots({ directory })
  await make(before)
  await before.close()
  const [own, other] = [1_234_567, 9_999_999].map(
    (end) => `${directory}/0000000000000${end}-0000000042.snapshot`,
  )
  await writeFile(other!, await readFile(own!))
  await using after = await openSnapshots({ directory })
  t.equal(after.all.length, 1)
  t.strictSame(after.damaged, ['00000000000009999999-0000000042.snapshot'])
})

t.test('what cannot be opened is refused with a code', async (t) => {
  const home = t.testdir({ file: '' })
  await t.rejects(openSnapshots({ directory: `${home}/file` }), { code: 'LOG_IO' })
  await t.rejects(openSnapshots({ directory: '' }), TypeError)
})
