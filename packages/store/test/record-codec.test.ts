import t from 'tap'
import { z } from 'zod'
import { RecordCodec } from '../src/record-codec.ts'

const v0 = z.looseObject({ name: z.string() })
const v1 = v0.extend({ rack: z.string().default('none') })
const older = new RecordCodec({ Node: { id: 4, versions: [v0] } })
const newer = new RecordCodec({ Node: { id: 4, versions: [v0, v1] } })

t.test('records come back as they were written', async (t) => {
  const records = [{ type: 'Node', name: 'ä', rack: 'r1' } as const]
  t.same(newer.decode(newer.encode(records)), records)
})

t.test('a record of an older version gets the defaults of the newest', async (t) => {
  t.same(newer.decode(older.encode([{ type: 'Node', name: 'a' }])), [
    { type: 'Node', name: 'a', rack: 'none' },
  ])
})

t.test('fields of a newer version are carried, not dropped', async (t) => {
  const [record] = older.decode(newer.encode([{ type: 'Node', name: 'a', rack: 'r9' }]))
  t.same(record, { type: 'Node', name: 'a', rack: 'r9' })
  t.same(older.validate(record!), record, 'also when they are written again')
})

t.test('what is not known or not decodable has a code', async (t) => {
  const other = new RecordCodec({ Disk: { id: 9, versions: [v0] } })
  t.throws(() => newer.decode(other.encode([{ type: 'Disk', name: 'a' }])), {
    code: 'STORE_RECORD_UNREADABLE',
  })
  t.throws(() => newer.decode(new Uint8Array([0xc1, 0xff])), { code: 'STORE_RECORD_UNREADABLE' })
  t.throws(() => newer.decode(new Uint8Array()), { code: 'STORE_RECORD_UNREADABLE' })
})

t.test('an older record that the newest schema cannot take is unreadable, not a crash', async (t) => {
  const stricter = new RecordCodec({
    Node: { id: 4, versions: [v0, v0.extend({ name: z.string().max(1) })] },
  })
  t.throws(() => stricter.decode(older.encode([{ type: 'Node', name: 'long' }])), {
    code: 'STORE_RECORD_UNREADABLE',
  })
})

t.test('two record types may not share an id', async (t) => {
  const types = { A: { id: 1, versions: [v0] }, B: { id: 1, versions: [v0] } } as const
  t.throws(() => new RecordCodec(types), { code: 'STORE_DEFINITION_INVALID' })
})
