import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { Level } from 'level'
import t from 'tap'
import type { Test } from 'tap'
import { auditManifest } from '../../src/leveldb/manifest.ts'
import { auditWriteAheadLogs } from '../../src/leveldb/write-ahead-log.ts'
import type { WriteAheadLogAudit } from '../../src/leveldb/write-ahead-log.ts'

const sync = { sync: true }

interface Written {
  readonly directory: string
  readonly file: string
  readonly bytes: Buffer
}

/** A LevelDB whose write-ahead log holds `values`, each of a write of its own. */
async function written(t: Test, values: readonly string[]): Promise<Written> {
  const directory = t.testdir()
  const level = new Level(directory)
  await level.open()
  for (const [index, value] of values.entries()) await level.put(`key ${index}`, value, sync)
  await level.close()
  const name = readdirSync(directory).find((file) => file.endsWith('.log'))!
  const file = `${directory}/${name}`
  return { directory, file, bytes: readFileSync(file) }
}

async function audit(directory: string): Promise<WriteAheadLogAudit> {
  const { manifest } = await auditManifest(directory)
  const numbers = readdirSync(directory).flatMap((file) =>
    file.endsWith('.log') ? [parseInt(file, 10)] : [],
  )
  return auditWriteAheadLogs({
    directory,
    numbers: numbers.toSorted((a, b) => a - b),
    lastSequence: manifest!.lastSequence,
  })
}

/** What is wrong: nothing, a torn last write, or damage. */
async function verdict(directory: string): Promise<'intact' | 'torn' | 'damaged'> {
  const { findings, tornBytes } = await audit(directory)
  return findings.length > 0 ? 'damaged' : tornBytes > 0 ? 'torn' : 'intact'
}

t.test('a write-ahead log that was written whole is read whole', async (t) => {
  const { directory, bytes } = await written(t, ['a', 'b', 'x'.repeat(100_000), 'c'])
  t.match(await audit(directory), { records: 4, bytes: bytes.length, tornBytes: 0, findings: [] })
})

t.test('an empty write-ahead log is whole', async (t) => {
  const { directory } = await written(t, [])
  t.match(await audit(directory), { records: 0, tornBytes: 0, findings: [] })
})

t.test('a flipped byte is damage if a write follows it, and may be a torn write if none does', async (t) => {
  const { directory, file, bytes } = await written(t, ['first', 'other', 'third'])
  const record = bytes.length / 3
  for (let position = 0; position < bytes.length; position += 1) {
    const flipped = Buffer.from(bytes)
    flipped[position]! ^= 0x40
    writeFileSync(file, flipped)
    const expected = position < 2 * record ? 'damaged' : 'torn'
    t.equal(await verdict(directory), expected, `byte ${position} of ${bytes.length}`)
  }
})

t.test('a file that was cut short is torn, wherever it was cut', async (t) => {
  const { directory, file, bytes } = await written(t, ['one', 'two', 'y'.repeat(70_000)])
  const ends = new Set([0])
  for (let length = bytes.length - 1; length >= 0; length -= length > 1_200 ? 997 : 1) {
    truncateSync(file, length)
    const { findings, tornBytes, records } = await audit(directory)
    t.strictSame(findings, [], `cut to ${length}`)
    if (tornBytes === 0) ends.add(length)
    t.ok(records < 3)
  }
  t.equal(ends.size, 3, 'only a cut between two writes leaves nothing torn')
})

t.test('zeros at the end are a torn write, zeros in the middle are damage', async (t) => {
  const { directory, file, bytes } = await written(t, ['one', 'z'.repeat(40_000), 'three'])
  const zeroed = (from: number, to: number): Buffer => Buffer.from(bytes).fill(0, from, to)
  writeFileSync(file, zeroed(0, bytes.length))
  t.equal(await verdict(directory), 'torn')
  writeFileSync(file, zeroed(10, bytes.length - 40))
  t.equal(await verdict(directory), 'damaged')
})

t.test(
  'zeros from inside a write to the end are damage, because the write says that it ended before',
  async (t) => {
    for (const large of ['second', 'z'.repeat(70_000)]) {
      const { directory, file, bytes } = await written(t, ['first', large, 'third'])
      const last = 7 + 12 + 1 + 1 + 'key 2'.length + 1 + 'third'.length
      writeFileSync(file, Buffer.from(bytes).fill(0, bytes.length - last - 2))
      t.equal(await verdict(directory), 'damaged', `${large.length} bytes`)
      writeFileSync(file, Buffer.from(bytes).fill(0, bytes.length - last))
      t.equal(await verdict(directory), 'torn', 'nothing is left of the last')
      rmSync(directory, { recursive: true })
    }
  },
)

t.test('a page of the last write that is missing is a torn write, although its end is there', async (t) => {
  const { directory, file, bytes } = await written(t, ['one', 'z'.repeat(150_000)])
  writeFileSync(file, Buffer.from(bytes).fill(0, 40_960, 45_056))
  t.equal(await verdict(directory), 'torn')
})

t.test('damage in one block is found by a write that begins in a later one', async (t) => {
  const { directory, file, bytes } = await written(
    t,
    Array.from({ length: 40 }, (_, index) => String(index).repeat(2_000)),
  )
  for (let position = 5; position < bytes.length - 8_000; position += 1_511) {
    const flipped = Buffer.from(bytes)
    flipped[position]! ^= 1
    writeFileSync(file, flipped)
    t.equal(await verdict(directory), 'damaged', `byte ${position} of ${bytes.length}`)
  }
})

t.test('a torn write whose payload holds another write-ahead log is no damage', async (t) => {
  const inner = await written(t, ['of', 'another', 'database'])
  const { directory, file, bytes } = await written(t, [
    'one',
    inner.bytes.toString('latin1').repeat(10).padEnd(5_000),
  ])
  t.ok(bytes.includes(inner.bytes.subarray(-20)), 'the payload is stored as it is')
  truncateSync(file, bytes.length - 100)
  t.equal(await verdict(directory), 'torn')
})

t.test(
  'writes that are missing between two others are damage, although every checksum is right',
  async (t) => {
    const { directory, file, bytes } = await written(t, ['aaa', 'bbb', 'ccc'])
    const record = bytes.length / 3
    writeFileSync(file, Buffer.concat([bytes.subarray(0, record), bytes.subarray(2 * record)]))
    t.match(await audit(directory), {
      findings: [{ kind: 'write-ahead-log', position: record, detail: /missing/ }],
    })
    writeFileSync(file, bytes.subarray(record))
    t.match(await audit(directory), {
      findings: [{ kind: 'write-ahead-log', position: 0, detail: /missing/ }],
    })
  },
)

t.test('a torn write in front of a later file that holds writes is damage', async (t) => {
  const { directory, file, bytes } = await written(t, ['aaa', 'bbb', 'ccc'])
  const record = bytes.length / 3
  const later = `${directory}/999999.log`
  truncateSync(file, 2 * record - 1)
  writeFileSync(later, '')
  t.equal(await verdict(directory), 'torn', 'an empty file shows nothing')
  writeFileSync(later, bytes.subarray(2 * record))
  t.equal(await verdict(directory), 'damaged')
  rmSync(later)
})
