import type { Epoch, Offset } from './batch.ts'
import { checkRecord, encodeRecord } from './record-codec.ts'
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts'

/** Where a log begins, and what is known of what was before. */
export interface Start {
  readonly offset: Offset
  /** Epoch of the last batch before `offset`; 0 if there never was one. */
  readonly epoch: Epoch
  /** Checksum of that batch: what the first batch of the log continues. */
  readonly checksum: number
  /** Chunks between here and `offset` may still be stored. They are no part of the log. */
  readonly sweptTo: Offset
}

/** The start of a log from which nothing was removed. It has no record. */
export const originalStart: Start = { offset: 0, epoch: 0, checksum: 0, sweptTo: 0 }

const recordBytes = 32

/** Encodes the start record in the format of docs/formats.md. */
export function encodeStart({ offset, epoch, checksum, sweptTo }: Start): Uint8Array {
  return encodeRecord(recordBytes, (view) => {
    writeSafeInteger(view, 8, offset)
    writeSafeInteger(view, 16, sweptTo)
    view.setUint32(24, epoch)
    view.setUint32(28, checksum)
  })
}

/** Decodes the start record. @throws LOG_CORRUPT */
export function decodeStart(stored: Uint8Array): Start {
  const view = checkRecord(stored, recordBytes, 'start')
  return {
    offset: readSafeInteger(view, 8),
    sweptTo: readSafeInteger(view, 16),
    epoch: view.getUint32(24),
    checksum: view.getUint32(28),
  }
}
