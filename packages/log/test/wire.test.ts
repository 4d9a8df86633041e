import * as fc from 'fast-check'
import t from 'tap'
import { crc32c } from '../src/checksum.ts'
import { batchHeaderBytes, decodeBatches, encodeBatches, encodedBytes, LogError } from '../src/index.ts'
import type { Batch } from '../src/index.ts'

const fields = fc.record({
  count: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  epochStep: fc.nat(1000),
  timestampMs: fc.maxSafeNat(),
  attributes: fc.nat(0xffff),
  payload: fc.uint8Array({ maxLength: 200 }),
})

/** Contiguous batches whose epochs never go back. */
const contiguous = fc
  .tuple(fc.nat(2 ** 40), fc.array(fields, { maxLength: 8 }))
  .map(([first, list]): Batch[] => {
    let baseOffset = first
    let epoch = 0
    return list.map(({ epochStep, ...rest }) => {
      const batch = { baseOffset, epoch: (epoch += epochStep), ...rest }
      baseOffset += rest.count
      return batch
    })
  })

function printable({ payload, ...fields }: Batch): object {
  return { ...fields, payload: Buffer.from(payload).toString('hex') }
}

function codeOf(action: () => unknown): unknown {
  try {
    action()
    return 'nothing thrown'
  } catch (error) {
    return error instanceof LogError ? error.code : error
  }
}

const two: Batch[] = [
  {
    baseOffset: 5,
    count: 2,
    epoch: 3,
    timestampMs: 1_700_000_000_000,
    attributes: 1,
    payload: Buffer.from('abc'),
  },
  {
    baseOffset: 7,
    count: 1,
    epoch: 4,
    timestampMs: 1_700_000_000_001,
    attributes: 0,
    payload: Buffer.from(''),
  },
]

t.test('what was encoded is decoded', async (t) => {
  fc.assert(
    fc.property(contiguous, (batches) => {
      const bytes = encodeBatches(batches)
      t.equal(bytes.byteLength, encodedBytes(batches))
      const decoded = decodeBatches(bytes)
      t.strictSame(decoded.map(printable), batches.map(printable))
    }),
    { numRuns: 50 },
  )
})

t.test('the bytes are those of format version 1', async (t) => {
  const hex = Buffer.from(encodeBatches([two[0]!])).toString('hex')
  t.strictSame(hex.match(/.{1,8}/g), [
    '3054dd93', // checksum
    '51010001', // magic, version, attributes
    '00000000', // checksum of the batch before
    '00000002', // count
    '00000000',
    '00000005', // base offset
    '0000018b',
    'cfe56800', // time
    '00000003', // epoch
    '00000003', // payload bytes
    '616263',
  ])
})

t.test('the checksum is CRC32C', async (t) => {
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
})

t.test('a single flipped bit anywhere is found', async (t) => {
  const bytes = encodeBatches(two)
  for (let bit = 0; bit < bytes.byteLength * 8; bit += 1) {
    const damaged = Uint8Array.from(bytes)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    t.equal(
      codeOf(() => decodeBatches(damaged)),
      'LOG_CORRUPT',
      `bit ${bit}`,
    )
  }
})

t.test('a cut anywhere but between two batches is found', async (t) => {
  const bytes = encodeBatches(two)
  const boundary = batchHeaderBytes + 3
  for (let length = 1; length < bytes.byteLength; length += 1) {
    const expected = length === boundary ? 'nothing thrown' : 'LOG_CORRUPT'
    t.equal(
      codeOf(() => decodeBatches(bytes.subarray(0, length))),
      expected,
      `${length} bytes`,
    )
  }
})

t.test('batches that were left out, repeated or exchanged are found', async (t) => {
  const three = [...two, { ...two[1]!, baseOffset: 8 }]
  const bytes = Buffer.from(encodeBatches(three))
  const cuts = [0, batchHeaderBytes + 3, 2 * batchHeaderBytes + 3, bytes.length]
  const [a, b, c] = [0, 1, 2].map((index) => bytes.subarray(cuts[index], cuts[index + 1]))
  for (const wrong of [[b], [b, c], [a, c], [a, a], [a, c, b], [a, b, b], [b, a]])
    t.equal(
      codeOf(() => decodeBatches(Buffer.concat(wrong.map((part) => part!)))),
      'LOG_CORRUPT',
    )
})

t.test('a batch of another history does not fit, although its offset and checksum are right', async (t) => {
  const other = encodeBatches([{ ...two[0]!, payload: Buffer.from('xyz') }, two[1]!])
  const mixed = Buffer.concat([encodeBatches([two[0]!]), Buffer.from(other).subarray(batchHeaderBytes + 3)])
  t.equal(
    codeOf(() => decodeBatches(mixed)),
    'LOG_CORRUPT',
  )
})

t.test('any bytes are decoded or refused with LOG_CORRUPT', async (t) => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(contiguous, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }))
      .map(([batches, changes]) => {
        const bytes = encodeBatches(batches)
        for (const [position, value] of changes)
          if (bytes.byteLength > 0) bytes[position % bytes.byteLength] = value
        return bytes
      }),
  )
  fc.assert(
    fc.property(hostile, (bytes) => {
      const code = codeOf(() => decodeBatches(bytes))
      return code === 'LOG_CORRUPT' || code === 'nothing thrown'
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

t.test('a length that promises more than there is costs nothing', async (t) => {
  const bytes = Buffer.from(encodeBatches(two))
  bytes.writeUInt32BE(0xffff_ffff, batchHeaderBytes - 4)
  t.throws(() => decodeBatches(bytes), { code: 'LOG_CORRUPT', details: { offset: undefined, position: 0 } })
})

t.test('the first bad offset is told', async (t) => {
  const bytes = Buffer.from(encodeBatches(two))
  bytes[bytes.length - 1]! ^= 1
  t.throws(() => decodeBatches(bytes), {
    code: 'LOG_CORRUPT',
    details: { offset: 7, position: batchHeaderBytes + 3 },
  })
})

t.test('more batches than the caller accepts are refused', async (t) => {
  const bytes = encodeBatches(two)
  t.equal(decodeBatches(bytes, { maxBatches: 2 }).length, 2)
  t.equal(
    codeOf(() => decodeBatches(bytes, { maxBatches: 1 })),
    'LOG_CORRUPT',
  )
})

t.test('payloads are views of the bytes', async (t) => {
  const bytes = encodeBatches(two)
  const [first] = decodeBatches(bytes)
  t.equal(first?.payload.buffer, bytes.buffer)
})

t.test('what does not belong together is not encoded', async (t) => {
  t.throws(() => encodeBatches([two[0]!, { ...two[1]!, baseOffset: 8 }]), { code: 'LOG_OFFSET_OUT_OF_RANGE' })
  t.throws(() => encodeBatches([two[0]!, { ...two[1]!, epoch: 2 }]), { code: 'LOG_BATCH_INVALID' })
  t.throws(() => encodeBatches([{ ...two[0]!, count: 0 }]), { code: 'LOG_BATCH_INVALID' })
})
