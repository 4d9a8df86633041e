import t from 'tap'
import { createLog, openLog } from '../src/index.ts'
import type { Batch, Log, LogError } from '../src/index.ts'
import { Keys } from '../src/keys.ts'
import { FaultyDatabase } from './faulty-database.ts'

const keys = new Keys('log')

/** Three chunks: offsets 0-2, 3 and 4-5. */
async function threeChunks(): Promise<{ database: FaultyDatabase; batches: readonly Batch[] }> {
  const database = new FaultyDatabase()
  await createLog({ database })
  const log = await openLog({ database })
  await log.append(['a', 'b', 'c'].map((text) => ({ payload: Buffer.from(text), timestampMs: 1 })))
  await log.append([{ payload: Buffer.from('d'), epoch: 2, timestampMs: 2 }])
  await log.write({ hardState: { epoch: 7, vote: { id: 1, directoryId: 'x' } } })
  await log.append(['e', 'f'].map((text) => ({ payload: Buffer.from(text), timestampMs: 3 })))
  const batches = await log.read(0)
  await log.close()
  return { database, batches }
}

/** Opens and reads everything, from every offset. What comes back must be what was written. */
async function served(
  database: FaultyDatabase,
): Promise<{ log: Log; reads: unknown[] } | { error: LogError }> {
  try {
    const log = await openLog({ database })
    const reads: unknown[] = []
    for (let offset = 0; offset < log.endOffset; offset += 1)
      reads.push(await log.read(offset).catch((error: unknown) => error))
    return { log, reads }
  } catch (error) {
    return { error: error as LogError }
  }
}

t.test('no flipped byte of any chunk is ever served', async (t) => {
  const { database, batches } = await threeChunks()
  let positions = 0
  for (const baseOffset of [0, 3, 4]) {
    const key = keys.chunk(baseOffset)
    let size = 1
    for (let position = 0; position < size; position += 1) {
      positions += 1
      await database.change(key, (value) => {
        size = value.length
        value[position]! ^= 0x40
        return value
      })
      const result = await served(database)
      if ('error' in result) t.equal(result.error.code, 'LOG_DAMAGED')
      else {
        t.equal(result.log.endOffset, 6)
        t.equal(result.log.hardState?.epoch, 7)
        for (const [offset, read] of result.reads.entries())
          if (Array.isArray(read)) t.strictSame(read, batches.slice(offset))
          else t.equal((read as LogError).code, 'LOG_CORRUPT')
      }
      await database.change(key, (value) => {
        value[position]! ^= 0x40
        return value
      })
    }
  }
  t.ok(positions > 240)
})

t.test('no flipped byte of the other records opens as another log', async (t) => {
  const { database } = await threeChunks()
  for (const key of [keys.format, keys.hardState, keys.epoch(0), keys.epoch(2)]) {
    let size = 1
    for (let position = 0; position < size; position += 1) {
      const flip = (value: Uint8Array): Uint8Array => {
        size = value.length
        value[position]! ^= 1
        return value
      }
      await database.change(key, flip)
      await t.rejects(openLog({ database }), { code: 'LOG_DAMAGED' }, `byte ${position}`)
      await database.change(key, flip)
    }
  }
  await (await openLog({ database })).close()
})

t.test('a missing chunk is found, at the ends on opening, elsewhere when it is read', async (t) => {
  for (const baseOffset of [0, 3]) {
    const { database } = await threeChunks()
    await database.change(keys.chunk(baseOffset), () => undefined)
    await t.rejects(openLog({ database }), { code: 'LOG_DAMAGED', details: { offset: baseOffset } })
  }
  const { database } = await threeChunks()
  const longer = await openLog({ database })
  await longer.append([{ payload: Buffer.from('g') }])
  await longer.append([{ payload: Buffer.from('h') }])
  await longer.close()
  await database.change(keys.chunk(3), () => undefined)
  const log = await openLog({ database })
  await t.rejects(log.read(0), { code: 'LOG_CORRUPT', details: { offset: 3 } })
  await t.rejects(log.read(3), { code: 'LOG_CORRUPT', details: { offset: 3 } })
  t.equal((await log.read(4)).length, 4)
  t.equal((await log.read(0, { maxBytes: 2 })).length, 2)
})

t.test('a chunk in the place of another is found', async (t) => {
  const { database } = await threeChunks()
  let first: Uint8Array | undefined
  await database.change(keys.chunk(0), (value) => (first = value))
  await database.change(keys.chunk(3), () => first)
  t.match(await served(database), { error: { code: 'LOG_DAMAGED' } })
})

t.test('a chunk of another history is found, although every checksum in it is right', async (t) => {
  const [one, other] = [await threeChunks(), new FaultyDatabase()]
  await createLog({ database: other })
  const log = await openLog({ database: other })
  await log.append(['A', 'B', 'C'].map((text) => ({ payload: Buffer.from(text) })))
  await log.append([{ payload: Buffer.from('D'), epoch: 2 }])
  await log.append(['E', 'F'].map((text) => ({ payload: Buffer.from(text) })))
  await log.close()
  let foreign: Uint8Array | undefined
  await other.change(keys.chunk(4), (value) => (foreign = value))
  await one.database.change(keys.chunk(4), () => foreign)
  await t.rejects(openLog({ database: one.database }), { code: 'LOG_DAMAGED', details: { offset: 4 } })
})

t.test('an epoch index that lost an entry is found', async (t) => {
  const { database } = await threeChunks()
  await database.change(keys.epoch(2), () => undefined)
  await t.rejects(openLog({ database }), {
    code: 'LOG_DAMAGED',
    details: { findings: [{ kind: 'log', detail: /epoch index/ }] },
  })
})

t.test('a log of a later format is refused', async (t) => {
  const { database } = await threeChunks()
  await database.change(keys.format, () => Buffer.from('0000000002000000514c4f4700000000', 'hex'))
  await t.rejects(openLog({ database }), { code: 'LOG_DAMAGED' })
})
