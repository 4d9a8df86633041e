import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { pack, Packr } from 'msgpackr'
import t from 'tap'
import {
  decodeRequest,
  decodeResponse,
  encodeAnswer,
  encodeRefusal,
  encodeRequest,
} from '../../src/rpc/envelope.ts'
import { MAX_DEPTH, MAX_VALUES, messagePackFault } from '../../src/rpc/message-pack-guard.ts'
import { RpcError } from '../../src/index.ts'

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
)
const body = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string({ maxLength: 20 }).filter((key) => key !== '__proto__'),
      tie('value'),
      {
        maxKeys: 20,
        noNullPrototype: true,
      },
    ),
  ),
})).value

function nested(depth: number): Uint8Array {
  return Uint8Array.from([...Array<number>(depth).fill(0x91), 0xc0])
}

t.test('plain data comes back as it went', async () => {
  fc.assert(
    fc.property(body, (body) => {
      const request = { apiKey: 18, version: 3, body }
      return (
        isDeepStrictEqual(decodeRequest(new Uint8Array(encodeRequest(request))), request) &&
        isDeepStrictEqual(decodeResponse(new Uint8Array(encodeAnswer(body))), body)
      )
    }),
    { numRuns: 200 },
  )
})

t.test('a field that is undefined stays so', async (t) => {
  t.strictSame(decodeResponse(encodeAnswer({ a: undefined, b: 1 })), { a: undefined, b: 1 })
})

t.test('a refusal is thrown with everything it says', async (t) => {
  const refusal = new RpcError('A_CODE', 'a message', { a: [1, 2] }, { retriable: true })
  t.throws(() => decodeResponse(encodeRefusal(refusal)), {
    code: 'A_CODE',
    message: 'a message',
    details: { a: [1, 2] },
    retriable: true,
  })
})

t.test('elements that a newer peer adds to the envelope are ignored', async (t) => {
  t.strictSame(decodeRequest(pack([1, 2, 'body', 'more', { and: 'more' }])), {
    apiKey: 1,
    version: 2,
    body: 'body',
  })
})

t.test('frames that are no envelope are refused with a code', async (t) => {
  for (const value of [null, 7, 'text', {}, [], ['key', 0, null], [1, -1, null], [1.5, 0, null]]) {
    t.throws(() => decodeRequest(pack(value)), { code: 'RPC_INVALID_REQUEST' })
  }
  for (const value of [
    null,
    {},
    [],
    [2, 'x'],
    [1, 'CODE'],
    [1, 'CODE', 'message', null],
    [1, 7, 'message', {}],
  ]) {
    t.throws(() => decodeResponse(pack(value)), { code: 'RPC_INVALID_RESPONSE' })
  }
})

t.test('random and mutated bytes are decoded or refused with a code, never worse', async () => {
  const mutated = fc.tuple(body, fc.nat(), fc.nat(255)).map(([body, at, byte]) => {
    const frame = new Uint8Array(encodeRequest({ apiKey: 1, version: 0, body }))
    frame[at % frame.length] = byte
    return frame
  })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (frame) => {
      try {
        decodeRequest(frame)
      } catch (error) {
        return error instanceof RpcError && error.code === 'RPC_INVALID_REQUEST'
      }
      return true
    }),
    { numRuns: 1_000 },
  )
})

t.test('depth, number of values and false lengths are refused before anything is built', async (t) => {
  t.equal(messagePackFault(nested(MAX_DEPTH)), undefined)
  t.match(messagePackFault(nested(MAX_DEPTH + 1)), /nested/)
  t.match(messagePackFault(nested(100_000)), /nested/)

  const emptyMaps = new Uint8Array(5 + MAX_VALUES).fill(0x80)
  emptyMaps.set([0xdd, 0, 0x0f, 0x42, 0x40])
  t.match(messagePackFault(emptyMaps), /more than/)

  for (const lie of [
    [0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0],
    [0xdf, 0x80, 0, 0, 0, 0xc0],
    [0xc6, 0xff, 0xff, 0xff, 0xff, 1],
    [0xdb, 0, 0, 0, 9, 0x61],
    [0xcf, 0, 0],
  ]) {
    t.match(messagePackFault(Uint8Array.from(lie)), /cut short/)
  }
  t.match(messagePackFault(Uint8Array.of(0xc0, 0xc0)), /after the end/)
})

t.test('extension types, which can name classes and define records, are refused', async (t) => {
  const everything = new Packr({ moreTypes: true })
  for (const value of [new Date(0), new Set([1]), /a/, new Float64Array(1)]) {
    t.throws(() => decodeRequest(everything.pack([1, 0, value])), { code: 'RPC_INVALID_REQUEST' })
  }
  t.match(messagePackFault(Uint8Array.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01)), /not allowed/)
})
