import t from 'tap'
import {
  encodePreamble,
  maxPreambleBytes,
  readPreamble,
  type SnapshotPreamble,
} from '../../src/snapshots/preamble.ts'

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function text(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all).toString()
}

t.test('a preamble and what follows come back, in pieces of any size', async (t) => {
  const preamble: SnapshotPreamble = {
    voters: [{ id: 1, directoryId: 'ä' }],
    sessions: [[7, 2, [[1, 9, 9]]]],
  }
  const bytes = Buffer.concat([encodePreamble(preamble), Buffer.from('the state')])
  for (const size of [1, 3, 7, 1_000]) {
    const contents = await readPreamble(inPieces(bytes, size))
    t.same(contents.preamble, preamble)
    t.equal(await text(contents.body), 'the state')
  }
})

t.test('an empty preamble has no parts, and the state may be empty too', async (t) => {
  const { preamble, body } = await readPreamble(inPieces(encodePreamble({}), 5))
  t.same(preamble, {})
  t.equal(await text(body), '')
})

t.test('what is no preamble, or one of a newer program, is refused', async (t) => {
  const refused = { code: 'RAFT_SNAPSHOT_UNREADABLE' }
  const framed = (json: string): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(json.length)
    return Buffer.concat([length, Buffer.from(json)])
  }
  const tooLong = Buffer.alloc(4)
  tooLong.writeUInt32BE(maxPreambleBytes + 1)
  for (const bytes of [
    Buffer.alloc(3),
    encodePreamble({}).subarray(0, -1),
    framed('{"version":0'),
    framed('{"version":1}'),
    framed('[]'),
    tooLong,
  ])
    await t.rejects(readPreamble(inPieces(bytes, 10)), refused)
})

t.test('whoever stops reading the state lets go of the snapshot', async (t) => {
  let isReleased = false
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      yield encodePreamble({})
      yield Buffer.from('a')
      yield Buffer.from('b')
    } finally {
      isReleased = true
    }
  }
  const { body } = await readPreamble(pieces())
  for await (const _piece of body) break
  t.ok(isReleased)
})
