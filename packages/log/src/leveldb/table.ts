import { ByteReader, maskedChecksum } from './coding.ts'
import { uncompressSnappy } from './snappy.ts'

const footerBytes = 48
const magic = Buffer.from('57fb808b247547db', 'hex')
// compression type (1) and checksum (4) behind every block
const trailerBytes = 5
const compression = { none: 0, snappy: 1 } as const

interface BlockHandle {
  readonly offset: number
  readonly size: number
}

/**
 * Verifies every block of a LevelDB table against the checksum that LevelDB stored with it and does not look at when it
 * reads (doc/table_format.md of LevelDB). The blocks must cover the file without a gap: a pointer that was changed
 * shows that way.
 *
 * @returns the first bad byte and what is wrong with it; `undefined` if the table is as it was written
 */
export function verifyTable(
  table: Buffer,
): { readonly position: number; readonly detail: string } | undefined {
  const footerAt = table.length - footerBytes
  if (footerAt < 0 || !table.subarray(-magic.length).equals(magic))
    return { position: Math.max(footerAt, 0), detail: 'the footer is damaged' }
  let reading: { readonly position: number; readonly what: string } = { position: footerAt, what: 'footer' }
  try {
    const footer = new ByteReader(table.subarray(footerAt))
    const [metaIndex, index] = [readHandle(footer), readHandle(footer)]
    const handles = [metaIndex, index]
    for (const [what, handle] of [
      ['index of filters', metaIndex],
      ['index', index],
    ] as const) {
      reading = { position: handle.offset, what }
      for (const value of indexValues(blockAt(table, handle))) handles.push(readHandle(new ByteReader(value)))
    }
    let position = 0
    for (const handle of handles.toSorted((a, b) => a.offset - b.offset)) {
      reading = { position, what: 'block' }
      if (handle.offset !== position) throw new RangeError('blocks do not follow each other')
      checkBlock(table, handle)
      position += handle.size + trailerBytes
    }
    if (position !== footerAt) throw new RangeError('blocks do not reach the footer')
    return undefined
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const { position, what } = reading
    return {
      position: Math.min(position, table.length),
      detail: `the ${what} at byte ${position}: ${error.message}`,
    }
  }
}

function readHandle(reader: ByteReader): BlockHandle {
  return { offset: reader.varint(), size: reader.varint() }
}

function checkBlock(table: Buffer, { offset, size }: BlockHandle): void {
  const end = offset + size + 1
  if (end + 4 > table.length) throw new RangeError('it reaches beyond the end of the file')
  if (table.readUInt32LE(end) !== maskedChecksum(table.subarray(offset, end)))
    throw new RangeError('it does not have its checksum')
}

function blockAt(table: Buffer, handle: BlockHandle): Uint8Array {
  checkBlock(table, handle)
  const stored = table.subarray(handle.offset, handle.offset + handle.size)
  const type = table[handle.offset + handle.size]
  if (type === compression.none) return stored
  if (type === compression.snappy) return uncompressSnappy(stored)
  throw new RangeError(`it is compressed in the unknown way ${type}`)
}

/** The values of an index block: entries of (shared key bytes, own key bytes, value bytes), then restart points. */
function* indexValues(block: Uint8Array): Generator<Uint8Array> {
  if (block.byteLength < 4) throw new RangeError('it is too short')
  const restarts = Buffer.from(block.buffer, block.byteOffset, block.byteLength).readUInt32LE(
    block.byteLength - 4,
  )
  const end = block.byteLength - 4 - 4 * restarts
  if (end < 0) throw new RangeError('it has more restart points than bytes')
  const reader = new ByteReader(block.subarray(0, end))
  while (!reader.atEnd) {
    reader.varint()
    const ownBytes = reader.varint()
    const valueBytes = reader.varint()
    reader.take(ownBytes)
    yield reader.take(valueBytes)
  }
}
