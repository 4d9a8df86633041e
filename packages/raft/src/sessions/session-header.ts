import { type Batch, BatchAttribute, type Offset } from '@quorate/log'

/** Bit of `Batch.attributes`: the payload begins with a session header. docs/formats.md describes it. */
export const inSession = 4

/** Bytes of the header. */
const headerBytes = 16

/** Names a session: the offset of the batch that opened it, so that no id is ever given twice. */
export type SessionId = Offset

/** A proposal's place in its session. */
export interface SessionSequence {
  readonly id: SessionId
  /** 1 for the first proposal of a session, and one more for each. */
  readonly sequence: number
}

/** The payload with its place in a session in front. */
export function withHeader({ id, sequence }: SessionSequence, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(headerBytes + payload.byteLength)
  bytes.writeBigUInt64BE(BigInt(id), 0)
  bytes.writeBigUInt64BE(BigInt(sequence), 8)
  bytes.set(payload, headerBytes)
  return bytes
}

/** The payload of a batch that opens a session, and closes older ones if there are more than `maxSessions` then. */
export function openingPayload(maxSessions: number): Uint8Array {
  return withHeader({ id: maxSessions, sequence: 0 }, new Uint8Array(0))
}

/** What a session header says. */
export type SessionHeader =
  | { readonly opens: true; readonly maxSessions: number }
  | ({ readonly opens: false } & SessionSequence)

/** The header of a batch that has one. */
export function headerOf({ payload }: Batch): SessionHeader {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const first = Number(view.getBigUint64(0))
  const sequence = Number(view.getBigUint64(8))
  return sequence === 0 ? { opens: true, maxSessions: first } : { opens: false, id: first, sequence }
}

/** Whether `batch` has a session header. */
export function hasHeader({ attributes }: Batch): boolean {
  return (attributes & inSession) !== 0
}

/** `batch` as it was proposed. One that opens a session is a batch of the consensus layer: nobody proposed it. */
export function withoutHeader(batch: Batch): Batch {
  if (!hasHeader(batch)) return batch
  const attributes = (batch.attributes & ~inSession) | (headerOf(batch).opens ? BatchAttribute.control : 0)
  return { ...batch, attributes, payload: batch.payload.subarray(headerBytes) }
}
