import type { EpochStart, RaftLog } from '@quorate/log'
import { openMemorySnapshots } from '@quorate/log/memory'
import t from 'tap'
import { startPoint } from '../../src/node/start-point.ts'

function log(startOffset: number, endOffset: number, ...epochs: [number, number][]): RaftLog {
  const starts = epochs.map(([epoch, from]): EpochStart => ({ epoch, startOffset: from }))
  return { startOffset, endOffset, epochs: starts } as Partial<RaftLog> as RaftLog
}

async function snapshots(...ids: [number, number][]) {
  const store = await openMemorySnapshots()
  for (const [endOffset, epoch] of ids) {
    const writer = await store.create({ endOffset, epoch, timestampMs: 0 })
    await writer.finish()
  }
  return store
}

t.test('a log that was never cut begins at 0, with or without snapshots', async (t) => {
  t.match(startPoint(log(0, 5, [1, 0]), undefined), {
    log: { startOffset: 0 },
    candidates: [],
    isLogWhole: true,
  })
  const start = startPoint(log(0, 5, [1, 0]), await snapshots([2, 1], [4, 1]))
  t.match(start, {
    log: { startOffset: 0 },
    candidates: [{ endOffset: 4 }, { endOffset: 2 }],
    isLogWhole: true,
  })
})

t.test('a log that was cut begins at the end of the oldest snapshot that it leads up to', async (t) => {
  const start = startPoint(log(3, 9, [2, 3], [4, 7]), await snapshots([2, 1], [6, 2], [8, 4]))
  t.match(start.log, { startOffset: 6, startEpoch: 2, endOffset: 9 })
  t.match(start.candidates, [{ endOffset: 8 }, { endOffset: 6 }])
  t.notOk(start.isLogBehind)
})

t.test('an install that was interrupted is finished', async (t) => {
  const short = startPoint(log(0, 5, [1, 0]), await snapshots([2, 1], [8, 3]))
  t.match(short, { log: { startOffset: 8, startEpoch: 3, endOffset: 8, epochs: [] }, isLogBehind: true })
  t.match(short.candidates, [{ endOffset: 8 }])
  const other = startPoint(log(0, 9, [1, 0], [2, 4]), await snapshots([8, 3]))
  t.match(other, { log: { startOffset: 8, startEpoch: 3 }, isLogBehind: true }, 'longer, but another history')
  const between = startPoint(log(8, 8), await snapshots([8, 3]))
  t.match(between, { log: { startOffset: 8, startEpoch: 3 }, isLogBehind: false }, 'after the last step')
})

t.test('a log that begins behind every snapshot is refused', async (t) => {
  t.throws(() => startPoint(log(3, 9, [2, 3]), undefined), { code: 'RAFT_SNAPSHOT_MISSING' })
  const older = await snapshots([2, 1])
  t.throws(() => startPoint(log(3, 9, [2, 3]), older), { code: 'RAFT_SNAPSHOT_MISSING' })
})
