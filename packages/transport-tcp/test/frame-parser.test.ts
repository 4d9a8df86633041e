import { Writable } from 'node:stream'
import { TransportError } from '@quorate/transport'
import * as fc from 'fast-check'
import t from 'tap'
import { FrameParser } from '../src/frame-parser.ts'
import { FrameWriter } from '../src/frame-writer.ts'
import { FrameKind } from '../src/frame.ts'

const MAX_FRAME_BYTES = 20_000

interface Frame {
  readonly kind: FrameKind
  readonly id: number
  readonly payload: Uint8Array
}

const frame: fc.Arbitrary<Frame> = fc
  .record({
    kind: fc.constantFrom(FrameKind.request, FrameKind.response, FrameKind.cancel),
    id: fc.integer({ min: 0, max: 0xffff_ffff }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 4_000, maxLength: 9_000 }),
    ),
  })
  .map(({ kind, id, payload }) => ({
    kind,
    id,
    payload: kind === FrameKind.cancel ? new Uint8Array(0) : payload,
  }))

/** The format as the README describes it, written down a second time. */
function encode({ kind, id, payload }: Frame): Buffer {
  const header = Buffer.alloc(9)
  header.writeUInt32BE(5 + payload.length, 0)
  header.writeUInt8(kind, 4)
  header.writeUInt32BE(id, 5)
  return Buffer.concat([header, payload])
}

function collector(): { parser: FrameParser; frames: Frame[] } {
  const frames: Frame[] = []
  const parser = new FrameParser(MAX_FRAME_BYTES, (kind, id, payload) => frames.push({ kind, id, payload }))
  return { parser, frames }
}

/** Cuts `bytes` at the given shares of its length. */
function cut(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const at = shares.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
}

function same(a: readonly Frame[], b: readonly Frame[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      ({ kind, id, payload }, i) =>
        kind === b[i]!.kind && id === b[i]!.id && Buffer.compare(payload, b[i]!.payload) === 0,
    )
  )
}

t.test('the same frames come out however the stream is cut', async () => {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), shares, (frames, shares) => {
      const { parser, frames: parsed } = collector()
      for (const chunk of cut(Buffer.concat(frames.map(encode)), shares)) parser.push(chunk)
      return same(parsed, frames) && !parser.partial
    }),
  )
})

t.test('a frame outlives the chunks it came in where their memory is used again', async () => {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), shares, (frames, shares) => {
      const parsed: Frame[] = []
      const onFrame = (kind: FrameKind, id: number, payload: Uint8Array): void =>
        void parsed.push({ kind, id, payload })
      const parser = new FrameParser(MAX_FRAME_BYTES, onFrame, true)
      for (const chunk of cut(Buffer.concat(frames.map(encode)), shares)) {
        parser.push(chunk)
        chunk.fill(0xee)
      }
      return same(parsed, frames) && !parser.partial
    }),
  )
})

t.test('byte by byte is one way to cut it', async (t) => {
  const frames = [
    { kind: FrameKind.request, id: 1, payload: Uint8Array.of(1, 2, 3) },
    { kind: FrameKind.cancel, id: 1, payload: new Uint8Array(0) },
    { kind: FrameKind.response, id: 0xffff_ffff, payload: new Uint8Array(300) },
  ]
  const { parser, frames: parsed } = collector()
  for (const byte of Buffer.concat(frames.map(encode))) parser.push(Uint8Array.of(byte))
  t.ok(same(parsed, frames))
  t.equal(parser.completed, 3)
})

t.test('what the writer writes is what the parser reads, in order, small and large mixed', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(frame, { maxLength: 6 }), { maxLength: 5 }), async (turns) => {
      const { parser, frames: parsed } = collector()
      const socket = new Writable({
        write(chunk: Buffer, _encoding, done) {
          parser.push(chunk)
          setImmediate(done)
        },
      })
      const writer = new FrameWriter(socket, () => undefined)
      for (const frames of turns) {
        for (const { kind, id, payload } of frames) writer.write(kind, id, payload)
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
      }
      while (writer.queuedBytes > 0) {
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
      }
      return same(parsed, turns.flat())
    }),
    { numRuns: 40 },
  )
  t.pass('40 random sequences')
})

t.test('hostile bytes give a TransportError or wait for more, and no frame over the limit', async () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
      const { parser, frames } = collector()
      try {
        for (const chunk of chunks) parser.push(chunk)
      } catch (error) {
        return error instanceof TransportError
      }
      return frames.every(({ payload }) => payload.length <= MAX_FRAME_BYTES)
    }),
    { numRuns: 500 },
  )
})

t.test('the length is refused with its fourth byte, before anything else arrives', async (t) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(5 + MAX_FRAME_BYTES + 1)
  const { parser } = collector()
  parser.push(length.subarray(0, 3))
  t.throws(() => parser.push(length.subarray(3)), { code: 'TRANSPORT_FRAME_TOO_LARGE' })

  length.writeUInt32BE(5 + MAX_FRAME_BYTES)
  collector().parser.push(length)
})

t.test(
  'a length that leaves no room for the header, an unknown kind and a cancel with a payload are refused',
  async (t) => {
    for (const bytes of [
      [0, 0, 0, 4],
      [0, 0, 0, 5, 0, 0, 0, 0, 1],
      [0, 0, 0, 5, 4, 0, 0, 0, 1],
      [0, 0, 0, 6, 3, 0, 0, 0, 1],
    ]) {
      t.throws(() => collector().parser.push(Uint8Array.from(bytes)), { code: 'TRANSPORT_PROTOCOL' })
    }
  },
)

t.test('after a halt the rest of the chunk is handed back and can be pushed again', async (t) => {
  const frames = [1, 2, 3].map((id) => ({ kind: FrameKind.request, id, payload: Uint8Array.of(id) }))
  const ids: number[] = []
  const parser = new FrameParser(MAX_FRAME_BYTES, (_, id) => {
    ids.push(id)
    if (id === 2) parser.halt()
  })
  const rest = parser.push(Buffer.concat(frames.map(encode)))
  t.strictSame(ids, [1, 2])
  t.equal(parser.push(rest).length, 0)
  t.strictSame(ids, [1, 2, 3])
})
