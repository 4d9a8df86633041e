import t from 'tap'
import { encodeBinaryAnswer, encodeBinaryRequest } from '../../src/rpc/binary-frames.ts'
import { type BodyCodec, readBody } from '../../src/rpc/body.ts'
import { decodeRequest, decodeResponse, encodeAnswer, encodeRequest } from '../../src/rpc/envelope.ts'
import { messagePackFault } from '../../src/rpc/message-pack-guard.ts'

const text: BodyCodec<string> = {
  byteLength: (body) => Buffer.byteLength(body),
  write: (body, into, at) => into.set(Buffer.from(body), at),
  read(bytes) {
    if (bytes.length === 0) throw new Error('it is empty')
    return Buffer.from(bytes).toString()
  },
}
const refuse = (why: string): Error => new Error(`refused: ${why}`)

t.test('a binary body comes back as it went, in a request and in an answer', async (t) => {
  for (const body of ['a', 'ä'.repeat(1_000)]) {
    const request = decodeRequest(encodeBinaryRequest(1, 70_000, text, body))
    t.match(request, { apiKey: 1, version: 70_000 })
    t.equal(readBody(text, request.body, refuse), body)
    t.equal(readBody(text, decodeResponse(encodeBinaryAnswer(text, body)), refuse), body)
  }
})

t.test('what is written by hand is MessagePack', async (t) => {
  t.equal(messagePackFault(encodeBinaryRequest(1, 0, text, 'body')), undefined)
  t.equal(messagePackFault(encodeBinaryAnswer(text, 'body')), undefined)
})

t.test('a codec reads a binary that another encoder wrote', async (t) => {
  const body = Buffer.from('body')
  const request = decodeRequest(encodeRequest({ apiKey: 1, version: 0, body }))
  t.equal(readBody(text, request.body, refuse), 'body')
  t.equal(readBody(text, decodeResponse(encodeAnswer(body)), refuse), 'body')
})

t.test('what a codec cannot read is refused, with what is wrong', async (t) => {
  t.throws(() => readBody(text, 'text', refuse), { message: 'refused: the body is not binary' })
  t.throws(() => readBody(text, new Uint8Array(0), refuse), { message: 'refused: it is empty' })
})

t.test('a frame whose binary body is cut short, or has bytes behind it, is refused', async (t) => {
  const request = encodeBinaryRequest(1, 0, text, 'body')
  const answer = encodeBinaryAnswer(text, 'body')
  for (const frame of [request.subarray(0, -1), Buffer.concat([request, Buffer.of(0)])])
    t.throws(() => decodeRequest(frame), { code: 'RPC_INVALID_REQUEST' })
  for (const frame of [answer.subarray(0, -1), Buffer.concat([answer, Buffer.of(0)])])
    t.throws(() => decodeResponse(frame), { code: 'RPC_INVALID_RESPONSE' })
})
