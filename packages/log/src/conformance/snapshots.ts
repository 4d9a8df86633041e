import assert from 'node:assert/strict'
import type { LogErrorCode } from '../errors.ts'
import type { NewSnapshot, SnapshotId, SnapshotInfo, Snapshots } from '../snapshots/snapshots.ts'

/** Opens the snapshot store that is on one storage. Called again after it was closed, it opens the same store. */
export type OpenSnapshotStorage = (limits?: { readonly maxSnapshotBytes?: number }) => Promise<Snapshots>

/** What the suite needs: a runner, and stores to try. */
export interface SnapshotConformanceOptions {
  /** Declares one test. It fails if the function rejects. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** Makes new storage without a snapshot. Called once for each test. */
  readonly open: () => Promise<OpenSnapshotStorage>
}

/** Declares one test for every promise of `Snapshots`. They fail with an `AssertionError`. */
export function snapshotConformance({ test, open }: SnapshotConformanceOptions): void {
  for (const [name, run] of Object.entries(promises))
    test(name, async () => {
      await run(await open())
    })
}

const id = { endOffset: 7, epoch: 2, timestampMs: 1_700_000_000_000 }

async function make(snapshots: Snapshots, snapshot: NewSnapshot, ...body: string[]): Promise<SnapshotInfo> {
  const writer = await snapshots.create(snapshot)
  for (const piece of body) await writer.write(Buffer.from(piece))
  return writer.finish()
}

async function bodyOf(snapshots: Snapshots, snapshot: SnapshotId): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of snapshots.contents(snapshot)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function rejects(promise: Promise<unknown>, code: LogErrorCode): Promise<void> {
  await assert.rejects(promise, { name: 'LogError', code })
}

const promises: Readonly<Record<string, (open: OpenSnapshotStorage) => Promise<void>>> = {
  'a snapshot can be read once it is finished, and after reopening': async (open) => {
    const before = await open()
    assert.equal(before.latest, undefined)
    const info = await make(before, id, 'first ', 'second')
    assert.deepEqual({ ...info, checksum: 0 }, { ...id, bytes: 12, checksum: 0 })
    assert.equal((await bodyOf(before, id)).toString(), 'first second')
    await before.close()

    const after = await open()
    assert.deepEqual(after.all, [info])
    assert.deepEqual(after.damaged, [])
    assert.equal((await bodyOf(after, id)).toString(), 'first second')
    await after.close()
  },

  'snapshots are listed in order of end offset and epoch, and deleted one by one': async (open) => {
    const snapshots = await open()
    const ids = [
      { endOffset: 100, epoch: 1, timestampMs: 0 },
      { endOffset: 20, epoch: 3, timestampMs: 0 },
      { endOffset: 20, epoch: 1, timestampMs: 0 },
    ]
    for (const snapshot of ids) await make(snapshots, snapshot, 'x')
    const listed = (): string[] => snapshots.all.map(({ endOffset, epoch }) => `${endOffset}-${epoch}`)
    assert.deepEqual(listed(), ['20-1', '20-3', '100-1'])
    assert.equal(snapshots.latest?.endOffset, 100)
    await snapshots.delete({ endOffset: 100, epoch: 1 })
    assert.deepEqual(listed(), ['20-1', '20-3'])
    await rejects(snapshots.delete({ endOffset: 100, epoch: 1 }), 'LOG_SNAPSHOT_NOT_FOUND')
    await rejects(snapshots.read({ endOffset: 100, epoch: 1 }), 'LOG_SNAPSHOT_NOT_FOUND')
    await snapshots.close()

    const after = await open()
    assert.equal(after.all.length, 2)
    await after.close()
  },

  'any range of the body can be read, across blocks': async (open) => {
    const snapshots = await open()
    const body = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251))
    const writer = await snapshots.create(id)
    for (let at = 0; at < body.length; at += 30_011) await writer.write(body.subarray(at, at + 30_011))
    assert.equal(writer.bytes, body.length)
    await writer.finish()
    for (const [position, maxBytes] of [
      [0, 1],
      [65_535, 2],
      [65_536, 65_536],
      [12_345, 150_000],
      [131_071, 1_000_000],
      [199_999, 10],
    ] as const)
      assert.deepEqual(
        Buffer.from(await snapshots.read(id, { position, maxBytes })),
        body.subarray(position, position + maxBytes),
      )
    assert.equal((await snapshots.read(id, { position: body.length })).byteLength, 0)
    await rejects(snapshots.read(id, { position: body.length + 1 }), 'LOG_POSITION_OUT_OF_RANGE')
    await assert.rejects(snapshots.read(id, { position: -1 }), TypeError)
    assert.deepEqual(await bodyOf(snapshots, id), body)
    await snapshots.close()
  },

  'a snapshot without a body is a snapshot': async (open) => {
    const snapshots = await open()
    assert.equal((await make(snapshots, id)).bytes, 0)
    assert.equal((await bodyOf(snapshots, id)).length, 0)
    await snapshots.close()
    const after = await open()
    assert.equal(after.latest?.bytes, 0)
    await after.close()
  },

  'a snapshot is not there before it is finished, and leaves nothing when it is given up': async (open) => {
    const snapshots = await open()
    const writer = await snapshots.create(id)
    await writer.write(Buffer.from('x'))
    assert.deepEqual(snapshots.all, [])
    await rejects(snapshots.read(id), 'LOG_SNAPSHOT_NOT_FOUND')
    await rejects(snapshots.create(id), 'LOG_SNAPSHOT_EXISTS')
    await writer.close()
    await writer.close()
    await rejects(writer.write(Buffer.from('y')), 'LOG_CLOSED')
    assert.equal((await make(snapshots, id, 'again')).bytes, 5)
    await rejects(snapshots.create(id), 'LOG_SNAPSHOT_EXISTS')

    const unfinished = await snapshots.create({ ...id, epoch: 3 })
    await snapshots.close()
    await rejects(unfinished.finish(), 'LOG_CLOSED')
    const after = await open()
    assert.equal(after.all.length, 1)
    await after.close()
  },

  'a snapshot above the limit is refused, and given up': async (open) => {
    const snapshots = await open({ maxSnapshotBytes: 10 })
    const writer = await snapshots.create(id)
    await writer.write(Buffer.alloc(10))
    await rejects(writer.write(Buffer.alloc(1)), 'LOG_SNAPSHOT_TOO_LARGE')
    await rejects(writer.finish(), 'LOG_CLOSED')
    assert.deepEqual(snapshots.all, [])
    await snapshots.close()
  },

  'a copy is checked against what it is a copy of': async (open) => {
    const snapshots = await open()
    const original = await make(snapshots, id, 'the same')
    await snapshots.delete(id)
    const wrong = await snapshots.create(id)
    await wrong.write(Buffer.from('the sane'))
    await rejects(wrong.finish(original), 'LOG_SNAPSHOT_CORRUPT')
    assert.deepEqual(snapshots.all, [])
    const right = await snapshots.create(id)
    await right.write(Buffer.from('the same'))
    assert.deepEqual(await right.finish(original), original)
    await snapshots.close()
  },

  'one call at a time writes to a snapshot': async (open) => {
    const snapshots = await open()
    const writer = await snapshots.create(id)
    const first = writer.write(Buffer.from('first'))
    await rejects(writer.write(Buffer.from('second')), 'LOG_QUEUE_FULL')
    await first
    assert.equal((await writer.finish()).bytes, 5)
    await snapshots.close()
  },

  'fields that a name cannot hold are refused': async (open) => {
    const snapshots = await open()
    for (const wrong of [{ endOffset: -1 }, { endOffset: 2 ** 53 }, { epoch: 2 ** 32 }, { timestampMs: 0.5 }])
      await assert.rejects(snapshots.create({ ...id, ...wrong }), TypeError)
    assert.deepEqual(snapshots.all, [])
    await snapshots.close()
  },

  'a closed store refuses, and close can be called again': async (open) => {
    const snapshots = await open()
    await make(snapshots, id, 'x')
    await Promise.all([snapshots.close(), snapshots.close()])
    await snapshots[Symbol.asyncDispose]()
    await rejects(snapshots.read(id), 'LOG_CLOSED')
    await rejects(snapshots.create({ ...id, epoch: 9 }), 'LOG_CLOSED')
    await rejects(snapshots.delete(id), 'LOG_CLOSED')
    await (await open()).close()
  },
}
