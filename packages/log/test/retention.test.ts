import { MemoryLevel } from 'memory-level'
import t from 'tap'
import { createLog, openLog } from '../src/index.ts'
import { retentionOffset } from '../src/retention.ts'
import { FakeClock } from './fake-clock.ts'

const segments = [1, 2, 3].map((index) => ({
  baseOffset: index * 10,
  endOffset: index * 10 + 10,
  bytes: 100,
  firstTimestampMs: 0,
  maxTimestampMs: index * 1000,
  firstEpoch: 0,
  lastEpoch: 0,
}))

t.test('without limits everything is kept', (t) => {
  t.equal(retentionOffset(segments, {}, 1e9), undefined)
  t.equal(retentionOffset([], { retentionBytes: 1, retentionMs: 1 }, 1e9), undefined)
  t.end()
})

t.test('a segment goes when the rest has retentionBytes without it', (t) => {
  t.equal(retentionOffset(segments, { retentionBytes: 201 }, 0), undefined)
  t.equal(retentionOffset(segments, { retentionBytes: 200 }, 0), 20)
  t.equal(retentionOffset(segments, { retentionBytes: 100 }, 0), 30)
  t.equal(retentionOffset(segments, { retentionBytes: 1 }, 0), 30, 'the last one stays')
  t.end()
})

t.test('a segment goes when its newest batch is retentionMs old, the last one too', (t) => {
  t.equal(retentionOffset(segments, { retentionMs: 500 }, 1499), undefined)
  t.equal(retentionOffset(segments, { retentionMs: 500 }, 1500), 20)
  t.equal(retentionOffset(segments, { retentionMs: 500 }, 1e6), 40)
  t.end()
})

t.test('what is young keeps what is behind it', (t) => {
  const [first, ...others] = segments
  const young = [{ ...first!, maxTimestampMs: 1e9 }, ...others]
  t.equal(retentionOffset(young, { retentionMs: 500 }, 1e6), undefined)
  t.end()
})

t.test('a log drops what it need not keep when a segment fills up', async (t) => {
  const database = new MemoryLevel()
  await createLog({ database })
  const log = await openLog({ database, segmentBytes: 200, retentionBytes: 400 })
  for (let index = 0; index < 10; index += 1) await log.append([{ payload: Buffer.alloc(100) }])
  await log.write({})
  t.ok(log.startOffset >= 5)
  const bytes = log.segments.reduce((sum, segment) => sum + segment.bytes, 0)
  t.ok(bytes >= 400 && bytes < 800, `${bytes} bytes are left`)
  await log.close()
})

t.test(
  'a log that nobody writes to drops what is too old at intervals, and gives the space back',
  async (t) => {
    const database = new MemoryLevel()
    await createLog({ database })
    const clock = new FakeClock()
    let now = 1000
    let compactions = 0
    Object.assign(database, {
      compactRange: () => {
        compactions += 1
        return Promise.resolve()
      },
    })
    const log = await openLog({
      database,
      clock,
      now: () => now,
      retentionMs: 500,
      housekeepingIntervalMs: 60_000,
    })
    await log.append([{ payload: Buffer.alloc(10) }])
    now = 1600
    t.equal(log.startOffset, 0)
    for (let round = 0; round < 3; round += 1) {
      clock.advance(60_000)
      await new Promise((resolve) => {
        setTimeout(resolve, 5)
      })
    }
    t.strictSame([log.startOffset, log.endOffset], [1, 1])
    t.equal(compactions, 1)
    await log.close()
    t.equal(clock.pending, 0, 'a closed log keeps no timer')
  },
)
