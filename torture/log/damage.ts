import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Random } from '../random.ts'

const sectorBytes = 512

/** What is done to one file. */
export interface Damage {
  readonly path: string
  readonly how: 'flip' | 'zero' | 'cut' | 'remove'
  /** First byte that is not as it was. */
  readonly position: number
  /** Everything behind it is not as it was either. */
  readonly toEnd: boolean
}

/** Files that differ in their numbers only are of one kind: `MANIFEST-#`, `#.ldb`. */
export function kindOf(path: string): string {
  return basename(path).replaceAll(/\d+/g, '#')
}

/** Damages one of `files`: one bit or byte, the rest of a sector, the end of the file, or all of it. */
export function damage(files: readonly string[], random: Random): Damage {
  const path = random.pick(files)
  const bytes = readFileSync(path)
  const position = bytes.length === 0 ? 0 : pickPosition(bytes.length, random)
  const kind = random.between(1, 100)
  if (kind <= 2 || bytes.length === 0) {
    rmSync(path)
    return { path, how: 'remove', position: 0, toEnd: true }
  }
  if (kind <= 34) {
    truncateSync(path, position)
    return { path, how: 'cut', position, toEnd: true }
  }
  const end = (Math.floor(position / sectorBytes) + 1) * sectorBytes
  if (kind <= 56 && bytes.subarray(position, end).some((byte) => byte !== 0)) {
    bytes.fill(0, position, Math.min(end, bytes.length))
    writeFileSync(path, bytes)
    return { path, how: 'zero', position, toEnd: end >= bytes.length }
  }
  bytes[position]! ^= random.chance(50) ? 1 << random.between(0, 7) : random.between(1, 255)
  writeFileSync(path, bytes)
  return { path, how: 'flip', position, toEnd: position === bytes.length - 1 }
}

/** The first and last bytes of a file are more than their share: that is where its structure is. */
function pickPosition(bytes: number, random: Random): number {
  const edge = Math.min(bytes, 200)
  const where = random.between(1, 100)
  if (where <= 15) return random.between(0, edge - 1)
  if (where <= 35) return random.between(bytes - edge, bytes - 1)
  return random.between(0, bytes - 1)
}
