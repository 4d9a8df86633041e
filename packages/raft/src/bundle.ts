import { assertInvariant, type Batch } from '@quorate/log'
import type { NewPayload } from './core/events.ts'

/** Bit of `Batch.attributes`: the payload holds several proposals. docs/formats.md describes it. */
const bundled = 2

/** Bytes in front of each proposal in a bundle. */
export const bundleHeaderBytes = 20

const at = { payloadBytes: 0, count: 4, attributes: 8, timestampMs: 12 } as const

/**
 * Several proposals as one batch of the log, which costs one header, one checksum and one place in every table.
 *
 * Nothing else changes for whoever proposed them: each keeps its offsets, in the order given. They are written, sent,
 * committed and cut off together.
 */
export function bundle(proposals: readonly NewPayload[]): NewPayload {
  let bytes = 0
  let count = 0
  for (const proposal of proposals) {
    bytes += bundleHeaderBytes + proposal.payload.byteLength
    count += proposal.count
  }
  const payload = Buffer.allocUnsafe(bytes)
  let position = 0
  for (const proposal of proposals) {
    payload.writeUInt32BE(proposal.payload.byteLength, position + at.payloadBytes)
    payload.writeUInt32BE(proposal.count, position + at.count)
    payload.writeUInt32BE(proposal.attributes, position + at.attributes)
    payload.writeDoubleBE(proposal.timestampMs, position + at.timestampMs)
    payload.set(proposal.payload, position + bundleHeaderBytes)
    position += bundleHeaderBytes + proposal.payload.byteLength
  }
  return { payload, count, attributes: bundled, timestampMs: proposals.at(-1)?.timestampMs ?? 0 }
}

/**
 * The proposals in a batch of the log, each as a batch of its own: what a state machine is given. Most often that is the
 * batch itself. Payloads are views of the batch's.
 *
 * @throws InvariantError for a bundle that is not one: checksums keep damage away from here
 */
export function unbundle(batch: Batch): readonly Batch[] {
  if ((batch.attributes & bundled) === 0) return [batch]
  const { payload, epoch } = batch
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const batches: Batch[] = []
  let { baseOffset } = batch
  let position = 0
  while (position < payload.byteLength) {
    assertInvariant(position + bundleHeaderBytes <= payload.byteLength, 'a bundle ends with a whole proposal')
    const start = position + bundleHeaderBytes
    const end = start + view.getUint32(position + at.payloadBytes)
    assertInvariant(end <= payload.byteLength, 'a bundle holds all of its proposals')
    const count = view.getUint32(position + at.count)
    batches.push({
      baseOffset,
      count,
      epoch,
      timestampMs: view.getFloat64(position + at.timestampMs),
      attributes: view.getUint32(position + at.attributes),
      payload: new Uint8Array(payload.buffer, payload.byteOffset + start, end - start),
    })
    baseOffset += count
    position = end
  }
  assertInvariant(baseOffset === batch.baseOffset + batch.count, 'a bundle counts what it holds')
  return batches
}

/** The proposals in all of `batches`, in order. */
export function unbundleAll(batches: readonly Batch[]): readonly Batch[] {
  if (batches.every(({ attributes }) => (attributes & bundled) === 0)) return batches
  return batches.flatMap(unbundle)
}
