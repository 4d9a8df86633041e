import { type Batch, BatchAttribute } from '@quorate/log'
import t from 'tap'
import { batchColumns, batchJson, batchLine, summaryLine, summaryOf } from '../../src/render/batch-view.ts'

const batch: Batch = {
  baseOffset: 12,
  count: 3,
  epoch: 7,
  timestampMs: Date.UTC(2025, 0, 2, 3, 4, 5, 6),
  attributes: 0,
  payload: Buffer.from('twelve bytes'),
}

const control: Batch = {
  ...batch,
  count: 1,
  attributes: BatchAttribute.control,
  payload: Buffer.from('{"type":"no-op","version":0}'),
}

t.test('a batch is one line under its titles, its payload only measured', async (t) => {
  t.equal(batchColumns, '      offset    count    epoch  time                          bytes  flags')
  t.equal(batchLine(batch), '          12        3        7  2025-01-02T03:04:05.006Z         12')
  t.notMatch(JSON.stringify(batchJson(batch)), /twelve/)
  t.strictSame(batchJson(batch), {
    baseOffset: 12,
    count: 3,
    epoch: 7,
    timestampMs: batch.timestampMs,
    attributes: 0,
    control: false,
    bytes: 12,
  })
})

t.test('a control batch shows its record', async (t) => {
  t.match(batchLine(control), / 28 {2}control \{"type":"no-op","version":0\}$/)
  t.match(batchJson(control), { control: true, record: { type: 'no-op', version: 0 } })
})

t.test('what is marked as control and is no JSON is shown as text, on one line', async (t) => {
  const odd = { ...control, payload: Buffer.from('not\njson') }
  t.match(batchLine(odd), /control not json$/)
  t.match(batchJson(odd), { record: 'not json' })
})

t.test('attributes without a name and times beyond the calendar are shown as numbers', async (t) => {
  const odd = { ...batch, attributes: 0x8002, timestampMs: Number.MAX_SAFE_INTEGER }
  t.match(batchLine(odd), / 9007199254740991 +12 {2}0x8002$/)
})

t.test('the summary says what a range comes to', async (t) => {
  const summary = summaryOf(10)
  t.equal(summaryLine(summary.totals()), 'no batches from 10 on')
  summary.add(batch)
  summary.add({ ...control, baseOffset: 15, epoch: 9 })
  t.equal(
    summaryLine(summary.totals()),
    '2 batches (1 of control), 4 records, 40 bytes of payload, offsets 12 to 16, epochs 7 to 9, every checksum right',
  )
})
