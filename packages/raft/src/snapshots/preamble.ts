import { z } from 'zod'
import { votersSchema } from '../core/voter-schema.ts'
import { RaftError } from '../errors.ts'
import type { Voter } from '../messages.ts'
import { type SessionData, sessionsSchema } from '../sessions/session-table.ts'

/**
 * What Raft itself keeps in a snapshot, in front of the state machine's bytes.
 *
 * Every part is optional and holds plain data.
 */
export interface SnapshotPreamble {
  /** The voters as of the snapshot's end; absent while no record named them. */
  readonly voters?: readonly Voter[]
  /** Who proposed what last, so that a proposal that is repeated is applied once. */
  readonly sessions?: SessionData
}

/** The preamble, and what the state machine wrote behind it. */
export interface SnapshotContents {
  readonly preamble: SnapshotPreamble
  /** To be read once, to its end: the last step verifies the whole. */
  readonly body: AsyncIterable<Uint8Array>
}

const version = 0
const lengthBytes = 4

/** Longest preamble that is written or read, in bytes. A longer one is not a preamble. */
export const maxPreambleBytes = 64 * 1024 * 1024

const schema = z.object({
  version: z.literal(version),
  voters: votersSchema.exactOptional(),
  sessions: sessionsSchema.exactOptional(),
})

/**
 * The first bytes of a snapshot: a length and JSON, as docs/formats.md describes.
 *
 * @throws RAFT_SNAPSHOT_UNREADABLE, if it is longer than {@link maxPreambleBytes}
 */
export function encodePreamble(preamble: SnapshotPreamble): Uint8Array {
  const text = Buffer.from(JSON.stringify({ version, ...preamble }))
  if (text.byteLength > maxPreambleBytes) throw tooLong(text.byteLength)
  const bytes = Buffer.alloc(lengthBytes + text.byteLength)
  bytes.writeUInt32BE(text.byteLength)
  bytes.set(text, lengthBytes)
  return bytes
}

/**
 * Reads the preamble off the front of a snapshot that comes in pieces of any size.
 *
 * @throws RAFT_SNAPSHOT_UNREADABLE, and what reading `pieces` throws
 */
export async function readPreamble(pieces: AsyncIterable<Uint8Array>): Promise<SnapshotContents> {
  const iterator = pieces[Symbol.asyncIterator]()
  let bytes: Buffer = Buffer.alloc(0)
  const fill = async (length: number): Promise<void> => {
    while (bytes.byteLength < length) {
      const next = await iterator.next()
      if (next.done === true) throw unreadable(`it ends after ${bytes.byteLength} bytes`)
      bytes = Buffer.concat([bytes, next.value])
    }
  }
  await fill(lengthBytes)
  const end = lengthBytes + bytes.readUInt32BE()
  if (end - lengthBytes > maxPreambleBytes) throw tooLong(end - lengthBytes)
  await fill(end)
  const preamble = decode(bytes.subarray(lengthBytes, end))
  return { preamble, body: rest(bytes.subarray(end), iterator) }
}

function decode(text: Buffer): SnapshotPreamble {
  try {
    const { version: _version, ...preamble } = schema.parse(JSON.parse(text.toString()))
    return preamble
  } catch (cause) {
    throw unreadable((cause as Error).message, cause)
  }
}

async function* rest(
  first: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (first.byteLength > 0) yield first
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

function tooLong(bytes: number): RaftError {
  return unreadable(`its preamble would have ${bytes} bytes, and ${maxPreambleBytes} is the most`)
}

function unreadable(why: string, cause?: unknown): RaftError {
  return new RaftError(
    'RAFT_SNAPSHOT_UNREADABLE',
    `a snapshot cannot be read by this program: ${why}`,
    {},
    { cause },
  )
}
