/** Joins `pieces` to blocks of at least `minBytes`, but for the last one: fewer and larger writes. */
export async function* inBlocks(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  minBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let waiting: Uint8Array[] = []
  let bytes = 0
  for await (const piece of pieces) {
    // Whoever makes the pieces may use its buffer again.
    waiting.push(piece.slice())
    bytes += piece.byteLength
    if (bytes < minBytes) continue
    yield Buffer.concat(waiting)
    waiting = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(waiting)
}
