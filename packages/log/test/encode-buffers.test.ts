import { MemoryLevel } from 'memory-level'
import t from 'tap'
import { EncodeBuffers } from '../src/encode-buffers.ts'
import { createLog, openLog } from '../src/index.ts'

const large = 100 * 1024

t.test('a buffer that was given back is taken again', async (t) => {
  const buffers = new EncodeBuffers(true)
  const first = buffers.take(large)
  t.not(buffers.take(large).bytes.buffer, first.bytes.buffer, 'not while it is in use')
  buffers.give(first)
  t.equal(buffers.take(large - 10_000).bytes.buffer, first.bytes.buffer)
})

t.test('what is given back is not kept without limit', async (t) => {
  const buffers = new EncodeBuffers(true)
  const taken = [large, 2 * large, 4 * large, 8 * large].map((bytes) => buffers.take(bytes))
  for (const target of taken) buffers.give(target)
  const again = [large, large, large].map(() => buffers.take(large).bytes.buffer)
  const kept = taken.map(({ bytes }) => bytes.buffer)
  t.same(
    again.map((buffer) => kept.indexOf(buffer)).toSorted((a, b) => a - b),
    [-1, 2, 3],
    'the two largest',
  )
})

t.test('a database that may keep what it is given gets buffers of its own', async (t) => {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({
    keyEncoding: 'view',
    valueEncoding: 'view',
    storeEncoding: 'view',
  })
  await createLog({ database })
  await using log = await openLog({ database })
  for (const byte of [1, 2, 3]) await log.append([{ payload: new Uint8Array(large).fill(byte) }])
  const batches = await log.read(0)
  t.same(
    batches.map(({ payload }) => payload[large - 1]),
    [1, 2, 3],
  )
})

t.test('a log on LevelDB reads what it wrote, although its buffers are used again', async (t) => {
  const path = t.testdir()
  await createLog({ path })
  await using log = await openLog({ path })
  const appends = Array.from({ length: 40 }, (_, byte) =>
    log.append([{ payload: new Uint8Array(large + 1_000 * byte).fill(byte) }]),
  )
  await Promise.all(appends)
  for (let offset = 0; offset < 40;) {
    for (const { baseOffset, payload } of await log.read(offset)) {
      t.ok(
        payload.every((byte) => byte === baseOffset),
        `batch ${baseOffset}`,
      )
      offset = baseOffset + 1
    }
  }
})
