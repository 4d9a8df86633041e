import { crc32c } from './checksum.ts'
import { LogError } from './errors.ts'

const version = 1

/**
 * A record of fixed length with its checksum and version in place, bytes 0 to 4. `write` fills in the rest, from byte 8;
 * what it leaves is 0.
 */
export function encodeRecord(byteLength: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint8(4, version)
  write(view)
  view.setUint32(0, crc32c(bytes.subarray(4)))
  return bytes
}

/** A stored record, verified. `name` is what people call it. @throws LOG_CORRUPT */
export function checkRecord(stored: Uint8Array, byteLength: number, name: string): DataView {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
  if (
    view.byteLength === byteLength &&
    view.getUint32(0) === crc32c(stored.subarray(4)) &&
    view.getUint8(4) === version
  )
    return view
  throw new LogError('LOG_CORRUPT', `a stored ${name} record is damaged or of an unknown version`, {
    record: name,
  })
}
