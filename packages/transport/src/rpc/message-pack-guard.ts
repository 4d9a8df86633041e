/**
 * What a MessagePack frame may hold. A small frame can claim much: 16 MiB of empty maps are 16 million objects, and V8
 * does not survive running out of memory. So the shape is checked before anything is built from it.
 */
export const MAX_DEPTH = 32
/** Numbers, strings, arrays, maps and so on in one frame, nested ones included. */
export const MAX_VALUES = 1_000_000

const openContainers = new Float64Array(MAX_DEPTH + 1)

/**
 * Walks over a MessagePack frame without decoding it.
 *
 * @returns what is wrong with it, or `undefined`: it is one complete value with nothing after it, within
 *   {@link MAX_DEPTH} and {@link MAX_VALUES}, and without extension types (but msgpackr's `undefined`)
 */
export function messagePackFault(bytes: Uint8Array): string | undefined {
  const end = bytes.length
  let position = 0
  let values = 0
  let depth = 0
  // How many values the container at each depth still lacks; the outermost container is the frame itself.
  openContainers[0] = 1

  for (;;) {
    while (openContainers[depth] === 0) {
      if (depth === 0) return position === end ? undefined : 'bytes after the end of the value'
      depth--
    }
    openContainers[depth]!--
    if (++values > MAX_VALUES) return `more than ${MAX_VALUES} values`
    if (position >= end) return 'the value is cut short'

    const type = bytes[position++]!
    let skip = 0
    let children = 0
    if (type < 0x80 || type >= 0xe0) continue
    if (type < 0x90) children = (type & 0x0f) * 2
    else if (type < 0xa0) children = type & 0x0f
    else if (type < 0xc0) skip = type & 0x1f
    else {
      const width = LENGTH_WIDTH[type - 0xc0]!
      if (position + width > end) return 'the value is cut short'
      const length = width === 0 ? 0 : unsigned(bytes, position, width)
      position += width
      if (type <= 0xc3 && type !== 0xc1) continue
      if (type >= 0xc4 && type <= 0xc6) skip = length
      else if (type >= 0xca && type <= 0xd3) skip = NUMBER_BYTES[type - 0xca]!
      else if (type >= 0xd9 && type <= 0xdb) skip = length
      else if (type === 0xdc || type === 0xdd) children = length
      else if (type === 0xde || type === 0xdf) children = length * 2
      else if (type === 0xd4 && bytes[position] === 0) skip = 2
      else return `the type 0x${type.toString(16)} is not allowed`
    }

    position += skip
    if (position > end) return 'the value is cut short'
    if (children > 0) {
      // Every value takes at least one byte.
      if (children > end - position) return 'the value is cut short'
      if (depth === MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`
      openContainers[++depth] = children
    }
  }
}

/** Bytes of the length that follows each type from 0xc0 to 0xdf. */
const LENGTH_WIDTH = [
  0, 0, 0, 0, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4,
]

/** Bytes of the numbers 0xca (float 32) to 0xd3 (int 64). */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

function unsigned(bytes: Uint8Array, position: number, width: number): number {
  let value = 0
  for (let i = 0; i < width; i++) value = value * 256 + bytes[position + i]!
  return value
}
