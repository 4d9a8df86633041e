import { readdirSync, readFileSync } from 'node:fs'
import { Level } from 'level'
import t from 'tap'
import type { Test } from 'tap'
import { verifyTable } from '../../src/leveldb/table.ts'

/** The table that LevelDB makes of `entries` when it opens a directory that has a write-ahead log. */
async function table(t: Test, entries: readonly string[], compression: boolean): Promise<Buffer> {
  const directory = t.testdir()
  for (const values of [entries, []]) {
    const level = new Level(directory, { compression, blockSize: 512 })
    await level.open()
    for (const [index, value] of values.entries()) await level.put(`key ${index}`, value)
    await level.close()
  }
  const file = readdirSync(directory).find((name) => name.endsWith('.ldb'))!
  return readFileSync(`${directory}/${file}`)
}

const words = Array.from({ length: 60 }, (_, index) => `value ${index} `.repeat(index + 1))

for (const compression of [false, true]) {
  const how = compression ? 'compressed by Snappy' : 'uncompressed'

  t.test(`a table that is ${how} verifies as it was written`, async (t) => {
    t.equal(verifyTable(await table(t, words, compression)), undefined)
    t.equal(verifyTable(await table(t, ['only one'], compression)), undefined)
  })

  t.test(`a flipped byte of a table that is ${how} is found, wherever it matters`, async (t) => {
    const whole = await table(t, words, compression)
    const harmless: number[] = []
    for (let position = 0; position < whole.length; position += 1) {
      whole[position]! ^= 0x40
      if (verifyTable(whole) === undefined) harmless.push(position)
      whole[position]! ^= 0x40
    }
    // The footer pads its two block handles to 40 bytes, which nobody reads.
    t.ok(harmless.every((position) => position >= whole.length - 48 && position < whole.length - 8))
    t.ok(harmless.length < 40)
  })

  t.test(`a table that is ${how} and was cut short is found`, async (t) => {
    const whole = await table(t, words, compression)
    for (let length = 0; length < whole.length; length += 7)
      t.ok(verifyTable(whole.subarray(0, length)), `cut to ${length}`)
  })
}

t.test('a table says where it is bad', async (t) => {
  const whole = await table(t, words, false)
  whole[3_000]! ^= 1
  const bad = verifyTable(whole)
  t.ok(bad !== undefined && bad.position > 0 && bad.position <= 3_000)
  t.match(bad?.detail, /checksum/)
})
