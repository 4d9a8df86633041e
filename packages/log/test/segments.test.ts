import { MemoryLevel } from 'memory-level'
import t from 'tap'
import type { Test } from 'tap'
import { createLog, divergenceOffset, openLog } from '../src/index.ts'
import type { Log, OpenLogOptions } from '../src/index.ts'
import { Keys } from '../src/keys.ts'
import { FaultyDatabase } from './faulty-database.ts'

const keys = new Keys('log')
const view = { keyEncoding: 'view', valueEncoding: 'view' } as const

/** A log in memory, with segments of two batches of a 100 bytes. */
async function openSmall(
  t: Test,
  options: Partial<OpenLogOptions> = {},
): Promise<{ database: FaultyDatabase; log: Log; reopen: () => Promise<Log> }> {
  const database = new FaultyDatabase()
  await createLog({ database })
  const open = (): Promise<Log> => openLog({ database, segmentBytes: 400, ...options })
  const log = await open()
  t.teardown(() => log.close())
  const reopen = async (): Promise<Log> => {
    await log.close()
    return open()
  }
  return { database, log, reopen }
}

async function fill(log: Log, batches: number, fields: { epoch?: number } = {}): Promise<void> {
  for (let index = 0; index < batches; index += 1)
    await log.append([{ payload: Buffer.alloc(100, log.endOffset), timestampMs: log.endOffset, ...fields }])
}

function ranges(log: Log): [number, number][] {
  return log.segments.map(({ baseOffset, endOffset }) => [baseOffset, endOffset])
}

async function storedChunks(database: FaultyDatabase): Promise<number[]> {
  const stored = await database.stored.keys<Uint8Array>({ ...view, ...keys.chunks }).all()
  return stored.map((key) => keys.baseOffsetOf(key) ?? -1)
}

/** Lets the sweeper, which waits for nothing but its turn here, finish. */
async function swept(database: FaultyDatabase, start: number): Promise<boolean> {
  for (let turn = 0; turn < 1000; turn += 1) {
    if ((await storedChunks(database)).every((offset) => offset >= start)) return true
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
  return false
}

t.test('a segment ends before it exceeds segmentBytes', async (t) => {
  const { log, reopen } = await openSmall(t)
  await fill(log, 5)
  const expected = [
    [0, 2],
    [2, 4],
    [4, 5],
  ]
  t.strictSame(ranges(log), expected)
  t.ok(log.segments.every(({ bytes }) => bytes <= 400))
  const before = log.segments
  const reopened = await reopen()
  t.strictSame(reopened.segments, before)
  await fill(reopened, 2)
  t.strictSame(ranges(reopened).slice(-2), [
    [4, 6],
    [6, 7],
  ])
})

t.test('one write may fill several segments', async (t) => {
  const { log, database, reopen } = await openSmall(t)
  database.writes.length = 0
  await log.append(Array.from({ length: 7 }, () => ({ payload: Buffer.alloc(200) })))
  t.equal(database.writes.length, 1)
  t.equal(log.segments.length, 7)
  t.equal((await (await reopen()).read(0)).length, 7)
})

t.test('a segment ends when its first batch is segmentMs old, by the times of the batches', async (t) => {
  const { log } = await openSmall(t, { segmentBytes: 1e6, segmentMs: 100 })
  for (const timestampMs of [1000, 1099, 1100, 1050, 1200, 1199])
    await log.append([{ payload: Buffer.alloc(1), timestampMs }])
  t.strictSame(ranges(log), [
    [0, 2],
    [2, 4],
    [4, 6],
  ])
})

t.test('deleteBefore drops whole segments, at once and for good, and then their chunks', async (t) => {
  const { log, database, reopen } = await openSmall(t)
  await fill(log, 3, { epoch: 1 })
  await fill(log, 4, { epoch: 2 })
  database.writes.length = 0
  t.equal(await log.deleteBefore(5), 4, 'the segment from 4 holds 5')
  t.equal(database.writes[0]?.filter(({ type }) => type === 'del').length, 3, 'two segments, one epoch')
  t.strictSame(log.epochs, [{ epoch: 2, startOffset: 4 }])
  t.strictSame(ranges(log)[0], [4, 6])
  t.ok(await swept(database, 4))
  const reopened = await reopen()
  t.strictSame([reopened.startOffset, reopened.endOffset], [4, 7])
  t.strictSame(reopened.epochs, [{ epoch: 2, startOffset: 4 }])
  t.equal((await reopened.read(4)).length, 3)
})

t.test(
  'a sweep that a crash ended goes on when the log is opened, and what is dead is never read',
  async (t) => {
    const { log, database } = await openSmall(t)
    await fill(log, 7)
    const write = database.batch.bind(database)
    // The process dies after the start has moved and before a chunk is gone.
    database.batch = async (operations, options) => {
      if (operations.filter(({ type }) => type === 'del').length > 3) throw new Error('died')
      await write(operations, options)
    }
    t.equal(await log.deleteBefore(6), 6)
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    t.strictSame(await storedChunks(database), [0, 1, 2, 3, 4, 5, 6])
    database.batch = write
    const reopened = await openLog({ database, segmentBytes: 400 })
    await t.rejects(reopened.read(5), { code: 'LOG_OFFSET_OUT_OF_RANGE' })
    t.ok(await swept(database, 6))
    t.equal((await reopened.read(6)).length, 1)
    await reopened.close()
  },
)

t.test('a cut into a sealed segment makes it take batches again', async (t) => {
  const { log, database, reopen } = await openSmall(t)
  await fill(log, 7)
  database.writes.length = 0
  await log.truncate(3)
  t.equal(database.writes.length, 1, 'segments, chunks and batches are cut in one write')
  t.strictSame(ranges(log), [
    [0, 2],
    [2, 3],
  ])
  await fill(log, 2)
  const expected = [
    [0, 2],
    [2, 4],
    [4, 5],
  ]
  t.strictSame(ranges(log), expected)
  const reopened = await reopen()
  t.strictSame(ranges(reopened), expected)
  t.equal((await reopened.read(0)).length, 5)
})

t.test('a cut at the end of a segment leaves it sealed', async (t) => {
  const { log, reopen } = await openSmall(t)
  await fill(log, 5)
  await log.truncate(4)
  t.strictSame(ranges(log).at(-1), [2, 4])
  const reopened = await reopen()
  t.strictSame(ranges(reopened).at(-1), [2, 4])
  await fill(reopened, 1)
  t.strictSame(ranges(reopened).at(-1), [4, 5])
})

t.test('what is dropped and cut and appended at random is what is read', async (t) => {
  const { log, reopen } = await openSmall(t, { segmentBytes: 900, maxChunkBytes: 300 })
  let seed = 7
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below
  const expected = new Map<number, number>()
  const inUse = { log }
  for (let step = 0; step < 300; step += 1) {
    const { startOffset, endOffset } = inUse.log
    const choice = random(10)
    if (choice < 7) {
      const batches = Array.from({ length: 1 + random(4) }, () => ({
        payload: Buffer.alloc(random(200), random(256)),
      }))
      for (const [index, offset] of (await inUse.log.append(batches)).entries())
        expected.set(offset, batches[index]?.payload[0] ?? 0)
    } else if (choice === 7) {
      const offset = startOffset + random(endOffset - startOffset + 1)
      await inUse.log.truncate(offset)
      for (const key of expected.keys()) if (key >= offset) expected.delete(key)
    } else if (choice === 8) {
      const start = await inUse.log.deleteBefore(
        startOffset + random(Math.floor((endOffset - startOffset) / 2) + 1),
      )
      for (const key of expected.keys()) if (key < start) expected.delete(key)
    } else {
      await inUse.log.close()
      inUse.log = await reopen()
    }
  }
  const read = await inUse.log.read(inUse.log.startOffset, { maxBytes: 1e9 })
  t.strictSame(
    read.map(({ baseOffset, payload }) => [baseOffset, payload[0] ?? 0]),
    [...expected],
  )
  t.equal(inUse.log.segments.at(-1)?.endOffset ?? inUse.log.endOffset, inUse.log.endOffset)
  await inUse.log.close()
})

t.test('a lost or damaged record of a segment is damage', async (t) => {
  for (const change of [() => undefined, (value: Uint8Array) => value.with(20, value[20]! ^ 1)]) {
    const { log, database, reopen } = await openSmall(t)
    await fill(log, 5)
    await database.change(keys.segment(2), change)
    await t.rejects(reopen(), { code: 'LOG_DAMAGED' })
  }
})

t.test('a lost start record, or the lost end of a sealed segment, is damage', async (t) => {
  const dropped = await openSmall(t)
  await fill(dropped.log, 5)
  await dropped.log.deleteBefore(2)
  await swept(dropped.database, 2)
  await dropped.database.change(keys.start, () => undefined)
  await t.rejects(dropped.reopen(), { code: 'LOG_DAMAGED' })

  const short = await openSmall(t)
  await fill(short.log, 5)
  await short.database.change(keys.chunk(4), () => undefined)
  await short.database.change(keys.chunk(3), () => undefined)
  await t.rejects(short.reopen(), { code: 'LOG_DAMAGED', details: { offset: 3 } })
})

t.test('a batch is found by its time among many segments and chunks', async (t) => {
  const { log } = await openSmall(t, { segmentBytes: 2000, maxChunkBytes: 400 })
  for (let index = 0; index < 60; index += 1)
    await log.append([
      { payload: Buffer.alloc(60), timestampMs: index * 10 },
      { payload: Buffer.alloc(9), timestampMs: 5 },
    ])
  await log.deleteBefore(30)
  for (const offset of [40, 70, 118])
    t.strictSame(await log.offsetForTimestamp(offset * 5 - 1), { offset, timestampMs: offset * 5 })
  t.equal((await log.offsetForTimestamp(0))?.offset, log.startOffset)
})

t.test('two histories part where the largest epoch that both have ends first', (t) => {
  const one = { epochs: [1, 2, 5].map((epoch, index) => ({ epoch, startOffset: index * 10 })), endOffset: 25 }
  const other = {
    epochs: [1, 2, 4].map((epoch, index) => ({ epoch, startOffset: index * 10 })),
    endOffset: 40,
  }
  t.equal(divergenceOffset(one, other), 20)
  t.equal(divergenceOffset(other, one), 20)
  t.equal(divergenceOffset(one, one), 25)
  t.equal(divergenceOffset(one, { ...one, endOffset: 21 }), 21)
  t.equal(divergenceOffset(one, { epochs: [], endOffset: 0 }), undefined)
  t.end()
})

t.test('compact gives back what was dropped, on a database that can', async (t) => {
  const { log, database } = await openSmall(t)
  const compacted: [number | undefined, number | undefined][] = []
  Object.assign(database, {
    compactRange: (start: Uint8Array, end: Uint8Array) => {
      compacted.push([keys.baseOffsetOf(start), keys.baseOffsetOf(end)])
      return Promise.resolve()
    },
  })
  await fill(log, 7)
  await log.compact()
  t.strictSame(compacted, [])
  await log.deleteBefore(4)
  await log.compact()
  t.strictSame(compacted, [[0, 4]])
  await log.compact()
  t.equal(compacted.length, 1)
  const other = await openLog({ database: await created() })
  await other.append([{ payload: Buffer.alloc(1) }])
  await other.deleteBefore(1)
  await t.resolves(other.compact())
  await other.close()
})

async function created(): Promise<MemoryLevel> {
  const database = new MemoryLevel()
  await createLog({ database })
  return database
}
