import { crc32c as castagnoli } from '@node-rs/crc32'

/** CRC32C (Castagnoli) of `bytes`, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  return castagnoli(bytes)
}

/** CRC32C of the bytes that have `checksum` followed by `bytes`; `checksum` is 0 where there are none. */
export function continueCrc32c(checksum: number, bytes: Uint8Array): number {
  return castagnoli(bytes, checksum)
}
