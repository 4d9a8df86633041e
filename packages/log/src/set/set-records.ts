import { LogError } from '../errors.ts'
import { checkRecord, encodeRecord } from '../record-codec.ts'

// No log's name has 255 bytes, so no key of a log begins like these. docs/formats.md.
const formatKey = Uint8Array.of(0xff, 0x01)
const deletionPrefix = Uint8Array.of(0xff, 0x02)

const magic = 'QSET'
const recordBytes = 16

/** Where the record is that says "here is a set of logs". */
export const setFormatKey: Uint8Array = formatKey

/** The keys of all logs that are being removed. */
export const deletions = { gte: deletionPrefix, lt: Uint8Array.of(0xff, 0x03) } as const

/** Where it says that what is left of the log `name` is to be removed. The value is empty. */
export function deletionKey(name: string): Uint8Array {
  return Buffer.concat([deletionPrefix, Buffer.from(name)])
}

/** The name in a key of {@link deletions}. */
export function deletedName(key: Uint8Array): string {
  return Buffer.from(key.subarray(deletionPrefix.length)).toString()
}

/** The record that says "here is a set of logs", in the format of docs/formats.md. */
export function encodeSetFormat(): Uint8Array {
  return encodeRecord(recordBytes, (view) => {
    for (let index = 0; index < magic.length; index += 1) view.setUint8(8 + index, magic.charCodeAt(index))
  })
}

/** Makes sure that the set is one that this release can read. @throws LOG_CORRUPT */
export function checkSetFormat(stored: Uint8Array): void {
  const view = checkRecord(stored, recordBytes, 'set format')
  const found = String.fromCharCode(...stored.subarray(8, 8 + magic.length))
  if (view.byteLength === recordBytes && found === magic) return
  throw new LogError('LOG_CORRUPT', 'the database holds no set of logs', { record: 'set format' })
}
