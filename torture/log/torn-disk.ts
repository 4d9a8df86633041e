import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Random } from '../random.ts'
import type { Disk, SurvivingFile } from './surviving.ts'

const sectorBytes = 512

/** What is in `folder` now, all of it taken as durable. */
export function diskOf(folder: string): Disk {
  const directories = new Map([[folder, statSync(folder).ino]])
  const files = new Map<string, { inode: number; bytes: number }>()
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    const { ino, size } = statSync(path)
    if (entry.isDirectory()) directories.set(path, ino)
    else files.set(path, { inode: ino, bytes: size })
  }
  return { folder, directories, files }
}

/** Where the contents of each inode are, in the folder or among what was removed from it. */
export function contentsOf(...folders: readonly string[]): Map<number, string> {
  const contents = new Map<number, string>()
  for (const folder of folders)
    for (const [path, { inode }] of diskOf(folder).files) contents.set(inode, path)
  return contents
}

/**
 * Lays out in the new folder `to` what survived of the folder `from`, each file with a torn tail.
 */
export function layOut(
  files: ReadonlyMap<string, SurvivingFile>,
  contents: ReadonlyMap<number, string>,
  from: string,
  to: string,
  random: Random,
): void {
  mkdirSync(to, { recursive: true })
  for (const [path, { inode, durableBytes, writtenBytes }] of files) {
    const target = join(to, relative(from, path))
    mkdirSync(dirname(target), { recursive: true })
    const source = contents.get(inode)
    const size = source === undefined ? 0 : statSync(source).size
    if (source === undefined) writeFileSync(target, '')
    else if (durableBytes === size) copyFileSync(source, target)
    else writeFileSync(target, torn(readFileSync(source), durableBytes, writtenBytes, random))
  }
}

/** A file of which `durableBytes` were synced and `writtenBytes` written: the disk may have any part of the rest. */
function torn(content: Buffer, durableBytes: number, writtenBytes: number, random: Random): Buffer {
  const tail = Buffer.from(content.subarray(durableBytes, writtenBytes))
  const kept = random.between(0, tail.length)
  const damage = random.pick(['nothing', 'cut', 'zeros', 'garbage', 'sectors'] as const)
  if (damage === 'nothing') return content.subarray(0, durableBytes)
  if (damage === 'cut') return content.subarray(0, durableBytes + kept)
  if (damage === 'zeros') tail.fill(0, kept)
  if (damage === 'garbage') for (let at = kept; at < tail.length; at += 1) tail[at] = random.between(0, 255)
  if (damage === 'sectors')
    for (let at = -(durableBytes % sectorBytes); at < tail.length; at += sectorBytes)
      if (random.chance(50)) tail.fill(0, Math.max(0, at), Math.min(at + sectorBytes, tail.length))
  return Buffer.concat([content.subarray(0, durableBytes), tail])
}
