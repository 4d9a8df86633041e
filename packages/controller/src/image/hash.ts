import { createHash } from 'node:crypto'
import type { MetadataImage } from './image.ts'
import { snapshot } from './snapshot.ts'

/**
 * SHA-256 of everything in `image`, in hexadecimal. Equal images have equal hashes, whatever led to them.
 *
 * Hashes the records of {@link snapshot}, one line of JSON each, with sorted keys.
 */
export function imageHash(image: MetadataImage): string {
  const hash = createHash('sha256')
  for (const record of snapshot(image)) hash.update(`${JSON.stringify(record, sortKeys)}\n`)
  return hash.digest('hex')
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
