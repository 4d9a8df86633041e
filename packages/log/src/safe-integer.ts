const two32 = 2 ** 32

/** Writes an integer below 2^53 as eight bytes, big-endian. */
export function writeSafeInteger(view: DataView, position: number, value: number): void {
  view.setUint32(position, Math.floor(value / two32))
  view.setUint32(position + 4, value % two32)
}

/** Reads what {@link writeSafeInteger} wrote. Other bytes may give a number above 2^53, which is imprecise then. */
export function readSafeInteger(view: DataView, position: number): number {
  return view.getUint32(position) * two32 + view.getUint32(position + 4)
}
