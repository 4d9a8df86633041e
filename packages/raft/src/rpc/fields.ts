/** Fields of messages that are written by hand, big-endian, as docs/formats.md describes them. */
const two32 = 2 ** 32

/** `bytes` as what fields are written to and read from. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Writes an integer from 0 to 2^53 - 1 as eight bytes. */
export function writeOffset(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / two32))
  view.setUint32(at + 4, value % two32)
}

/** Reads what {@link writeOffset} wrote. @throws Error beyond 2^53 - 1 */
export function readOffset(view: DataView, at: number): number {
  const value = view.getUint32(at) * two32 + view.getUint32(at + 4)
  if (!Number.isSafeInteger(value)) throw new Error(`the integer at byte ${at} is beyond 2^53 - 1`)
  return value
}

/** Reads the UTF-8 from byte `from` to before byte `to`. */
export function readText(view: DataView, from: number, to: number): string {
  return Buffer.from(view.buffer, view.byteOffset + from, to - from).toString()
}

/** @throws Error unless a body of `bytes` bytes is long enough for a header of `headerBytes` */
export function assertHeader(bytes: number, headerBytes: number): void {
  if (bytes < headerBytes) throw new Error(`${bytes} bytes are too few for its header of ${headerBytes}`)
}
