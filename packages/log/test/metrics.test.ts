import t from 'tap'
import { createLog, openLog } from '../src/index.ts'
import type { Metrics } from '../src/index.ts'
import { FaultyDatabase } from './faulty-database.ts'

/** Sums up what a log says, and keeps every value of a distribution. */
function collect(): Metrics & { total(name: string): number; values(name: string): readonly number[] } {
  const totals = new Map<string, number>()
  const distributions = new Map<string, number[]>()
  return {
    add: (name, by) => totals.set(name, (totals.get(name) ?? 0) + by),
    record: (name, value) => distributions.set(name, [...(distributions.get(name) ?? []), value]),
    total: (name) => totals.get(name) ?? 0,
    values: (name) => distributions.get(name) ?? [],
  }
}

const payload = Buffer.alloc(60)

t.test('writes are counted, timed and measured', async (t) => {
  const database = new FaultyDatabase()
  await createLog({ database })
  const metrics = collect()
  let now = 0
  const clock = { now: () => now, setTimer: () => () => undefined }
  const log = await openLog({ database, metrics, clock })
  database.hold()
  const first = log.append([{ payload }])
  await new Promise((resolve) => setImmediate(resolve))
  now = 3
  const others = [log.append([{ payload }, { payload }]), log.write({ hardState: { epoch: 1 } })]
  t.equal(metrics.total('log_queued_bytes'), 300, 'three batches of 100 bytes')
  now = 10
  database.release()
  await Promise.all([first, ...others])

  t.equal(metrics.total('log_queued_bytes'), 0)
  t.equal(metrics.total('log_requests'), 3)
  t.equal(metrics.total('log_batches'), 3)
  t.equal(metrics.total('log_appended_bytes'), 300)
  t.equal(metrics.total('log_writes'), 2)
  t.strictSame(metrics.values('log_append_latency_ms'), [10, 7, 7])
  t.strictSame(metrics.values('log_sync_latency_ms'), [10, 0])
  t.strictSame(metrics.values('log_write_requests'), [1, 2])
  t.strictSame(metrics.values('log_write_batches'), [1, 2])
  t.strictSame(metrics.values('log_write_bytes'), [100, 200])
  await log.close()
})

t.test('what was refused or taken back is not counted', async (t) => {
  const database = new FaultyDatabase()
  await createLog({ database })
  const metrics = collect()
  const log = await openLog({ database, metrics })
  await log.append([{ payload, epoch: 5 }])
  const controller = new AbortController()
  const aborted = log.append([{ payload }], { signal: controller.signal })
  controller.abort()
  await t.rejects(aborted)
  await t.rejects(log.append([{ payload, epoch: 4 }]), { code: 'LOG_BATCH_INVALID' })
  t.equal(metrics.total('log_requests'), 1)
  t.equal(metrics.total('log_queued_bytes'), 0)

  database.failure = new Error('the disk is full')
  await t.rejects(log.append([{ payload }]), { code: 'LOG_FAILED' })
  t.equal(metrics.total('log_write_failures'), 1)
  t.equal(metrics.total('log_requests'), 1)
  t.equal(metrics.total('log_queued_bytes'), 0)
  await log.close()
})

t.test('segments and their bytes go up and down, and are nobody’s once the log is closed', async (t) => {
  const database = new FaultyDatabase()
  await createLog({ database })
  const metrics = collect()
  const log = await openLog({ database, metrics, segmentBytes: 250 })
  const matches = (segments: number): void => {
    t.equal(log.segments.length, segments)
    t.equal(metrics.total('log_segments'), segments)
    const bytes = log.segments.reduce((sum, segment) => sum + segment.bytes, 0)
    t.equal(metrics.total('log_stored_bytes'), bytes)
  }
  for (let index = 0; index < 5; index += 1) await log.append([{ payload }])
  matches(5)
  await log.deleteBefore(2)
  matches(3)
  await log.truncate(3)
  matches(1)
  await log.close()
  t.equal(metrics.total('log_segments'), 0)
  t.equal(metrics.total('log_stored_bytes'), 0)
  const reopened = await openLog({ database, metrics })
  t.equal(metrics.total('log_segments'), 1)
  await reopened.close()
})

t.test('metrics that cannot take anything are refused', async (t) => {
  const database = new FaultyDatabase()
  await createLog({ database })
  await t.rejects(openLog({ database, metrics: {} as Metrics }), TypeError)
})
