import { openSnapshots } from '../../src/index.ts'

// Makes one snapshot after the other, and says so on standard output each time one is finished.
const [directory = '', first = '0'] = process.argv.slice(2)
const snapshots = await openSnapshots({ directory })
for (let endOffset = Number(first); ; endOffset += 1) {
  const writer = await snapshots.create({ endOffset, epoch: 1, timestampMs: endOffset })
  for (let piece = 0; piece < 4; piece += 1) await writer.write(Buffer.alloc(50_000, endOffset % 251))
  await writer.finish()
  process.stdout.write(`${endOffset}\n`)
}
