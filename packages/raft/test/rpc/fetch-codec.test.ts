import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { encodeBatches } from '@quorate/log'
import type { BodyCodec } from '@quorate/transport'
import t from 'tap'
import type { FetchRequest, FetchResponse } from '../../src/messages.ts'
import { fetchRequestCodec } from '../../src/rpc/fetch-request-codec.ts'
import { fetchResponseCodec } from '../../src/rpc/fetch-response-codec.ts'
import { refusals } from '../../src/rpc/refusals.ts'

/** Bytes before and behind the body, which are not its own. */
const margin = 5

function encode<Body>(codec: BodyCodec<Body>, body: Body): Uint8Array {
  const frame = Buffer.alloc(codec.byteLength(body) + 2 * margin, 0xee)
  codec.write(body, frame, margin)
  assert(frame.subarray(0, margin).every((byte) => byte === 0xee))
  assert(frame.subarray(-margin).every((byte) => byte === 0xee))
  return new Uint8Array(frame.subarray(margin, -margin))
}

const epoch = fc.nat({ max: 2 ** 32 - 1 })
const offset = fc.maxSafeNat()
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }).filter((text) => text.length <= 64)

const requests: fc.Arbitrary<FetchRequest> = fc.record(
  {
    type: fc.constant('fetch' as const),
    clusterId: name,
    epoch,
    replicaId: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    replicaDirectoryId: name,
    fetchOffset: offset,
    lastFetchedEpoch: epoch,
    highWatermark: offset,
    maxWaitMs: fc.double({ min: 0, max: 60_000, noNaN: true }).map((ms) => ms + 0),
    readRound: offset,
    leaseMs: fc.double({ min: 0.5, max: 3_600_000, noNaN: true }),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      'type',
      'clusterId',
      'epoch',
      'replicaId',
      'replicaDirectoryId',
      'fetchOffset',
      'lastFetchedEpoch',
      'highWatermark',
      'maxWaitMs',
      'readRound',
    ],
  },
)

const batch = { baseOffset: 7, count: 2, epoch: 3, timestampMs: 1_000, attributes: 2 }
const responses: fc.Arbitrary<FetchResponse> = fc.record(
  {
    type: fc.constant('fetch' as const),
    error: fc.constantFrom(...refusals),
    epoch,
    leaderId: fc.nat({ max: 2 ** 31 - 1 }),
    leaderEndpoints: fc.constant({ quorum: 'host:1', admin: 'höst:2' }),
    highWatermark: offset,
    readRound: offset,
    divergingEpoch: fc.record({ epoch, endOffset: offset }, { noNullPrototype: true }),
    snapshotId: fc.record({ epoch, endOffset: offset }, { noNullPrototype: true }),
    batches: fc.uint8Array({ maxLength: 100 }).map((payload) => [
      { ...batch, payload },
      { ...batch, baseOffset: 9, epoch: 4, payload: new Uint8Array(3) },
    ]),
  },
  { noNullPrototype: true, requiredKeys: ['type', 'epoch', 'highWatermark', 'batches'] },
)

t.test('a request comes back as it went', async () => {
  fc.assert(
    fc.property(requests, (request) =>
      isDeepStrictEqual(fetchRequestCodec.read(encode(fetchRequestCodec, request)), request),
    ),
  )
})

t.test('a response comes back as it went, and its batches with it', async () => {
  fc.assert(
    fc.property(responses, (response) =>
      isDeepStrictEqual(fetchResponseCodec.read(encode(fetchResponseCodec, response)), response),
    ),
  )
})

const request: FetchRequest = {
  type: 'fetch',
  clusterId: 'cluster',
  epoch: 1,
  replicaId: 2,
  replicaDirectoryId: 'directory',
  fetchOffset: 3,
  lastFetchedEpoch: 1,
  highWatermark: 3,
  maxWaitMs: 500,
  readRound: 0,
}
const response: FetchResponse = {
  type: 'fetch',
  epoch: 1,
  highWatermark: 3,
  batches: [{ ...batch, payload: new Uint8Array(10) }],
}

t.test('no bytes are read as something else than what they are, or make a reader run away', async () => {
  const frames = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.constantFrom(0, 1), fc.nat({ max: 200 }), fc.integer({ min: 0, max: 255 }))
      .map(([which, at, byte]) => {
        const bytes = which === 0 ? encode(fetchRequestCodec, request) : encode(fetchResponseCodec, response)
        bytes[at % bytes.length] = byte
        return bytes
      }),
  )
  fc.assert(
    fc.property(frames, (bytes) => {
      for (const codec of [fetchRequestCodec, fetchResponseCodec] as readonly BodyCodec<unknown>[]) {
        try {
          codec.read(bytes)
        } catch (error) {
          if (error instanceof RangeError || error instanceof TypeError) throw error
        }
      }
      return true
    }),
    { numRuns: 1_000 },
  )
})

t.test('a request whose names are cut short, or longer than they say, is refused', async (t) => {
  const bytes = encode(fetchRequestCodec, request)
  t.throws(() => fetchRequestCodec.read(bytes.subarray(0, -1)), { message: /its names end at byte/ })
  t.throws(() => fetchRequestCodec.read(bytes.subarray(0, 20)), { message: /too few for its header/ })
})

t.test('fields that are out of range are refused', async (t) => {
  const bad: [Partial<FetchRequest>, RegExp][] = [
    [{ replicaId: -2 }, /replicaId -2 is below -1/],
    [{ maxWaitMs: Number.NaN }, /maxWaitMs NaN/],
    [{ maxWaitMs: 60_001 }, /maxWaitMs 60001/],
    [{ leaseMs: -1 }, /leaseMs -1/],
    [{ clusterId: '' }, /clusterId has 0 characters/],
    [{ replicaDirectoryId: 'd'.repeat(65) }, /replicaDirectoryId has 65 characters/],
    [{ fetchOffset: 2 ** 53 }, /beyond 2\^53 - 1/],
  ]
  for (const [fields, message] of bad)
    t.throws(() => fetchRequestCodec.read(encode(fetchRequestCodec, { ...request, ...fields })), { message })
})

t.test('batches that were damaged on the way are refused', async (t) => {
  const bytes = encode(fetchResponseCodec, response)
  bytes[bytes.length - 1]! ^= 1
  t.throws(() => fetchResponseCodec.read(bytes), { code: 'LOG_CORRUPT' })
})

t.test('errors and endpoints that make no sense are refused', async (t) => {
  const unknownError = encode(fetchResponseCodec, response)
  unknownError[1] = refusals.length + 1
  t.throws(() => fetchResponseCodec.read(unknownError), { message: /there is no error 9/ })
  const endpoints = encode(fetchResponseCodec, { ...response, leaderEndpoints: { '': '' }, batches: [] })
  t.throws(() => fetchResponseCodec.read(endpoints), { message: /the endpoints of the leader/ })
  const cut = encode(fetchResponseCodec, response)
  cut.set([0xff, 0xff], 2)
  t.throws(() => fetchResponseCodec.read(cut), { message: /cut short/ })
})

t.test('batches travel in the encoding of the log, behind everything else', async (t) => {
  const bytes = encode(fetchResponseCodec, response)
  const batches = encodeBatches(response.batches)
  t.strictSame(Buffer.from(bytes.subarray(-batches.length)), Buffer.from(batches))
})
