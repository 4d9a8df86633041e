import { maskedChecksum } from './coding.ts'
import type { Manifest, TableFile } from './manifest.ts'
import { editField } from './manifest.ts'
import { blockBytes, fragment, fragmentHeaderBytes } from './record-log.ts'

const comparator = 'leveldb.BytewiseComparator'

/**
 * The bytes of a manifest, for a file with the number `manifest.nextFileNumber`, which says that the database consists of
 * `tables`, and is in all else as `manifest` says.
 */
export function encodeManifest(manifest: Manifest, tables: readonly TableFile[]): Uint8Array {
  const edit = [
    ...varints(editField.comparator),
    ...lengthPrefixed(Buffer.from(comparator)),
    ...varints(editField.logNumber, manifest.logNumber),
    ...varints(editField.previousLogNumber, manifest.previousLogNumber),
    ...varints(editField.nextFileNumber, manifest.nextFileNumber + 1),
    ...varints(editField.lastSequence, manifest.lastSequence),
  ]
  for (const { level, number, bytes, smallest, largest } of tables)
    edit.push(
      ...varints(editField.newFile, level, number, bytes),
      ...lengthPrefixed(smallest),
      ...lengthPrefixed(largest),
    )
  return encodeRecord(Buffer.concat(edit))
}

function varints(...values: readonly number[]): Uint8Array[] {
  return values.map((value) => {
    const bytes: number[] = []
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
    return Uint8Array.of(...bytes, rest)
  })
}

function lengthPrefixed(bytes: Uint8Array): Uint8Array[] {
  return [...varints(bytes.length), bytes]
}

/** One record at the beginning of a file: one fragment for each block that it reaches into. */
function encodeRecord(record: Uint8Array): Uint8Array {
  const fragments: Uint8Array[] = []
  const fits = blockBytes - fragmentHeaderBytes
  for (let at = 0; at < record.length || at === 0; at += fits) {
    const data = record.subarray(at, at + fits)
    const [isFirst, isLast] = [at === 0, at + fits >= record.length]
    const bytes = Buffer.alloc(fragmentHeaderBytes + data.length)
    bytes.writeUInt16LE(data.length, 4)
    bytes[6] = isFirst ? (isLast ? fragment.full : fragment.first) : isLast ? fragment.last : fragment.middle
    bytes.set(data, fragmentHeaderBytes)
    bytes.writeUInt32LE(maskedChecksum(bytes.subarray(6)), 0)
    fragments.push(bytes)
  }
  return Buffer.concat(fragments)
}
