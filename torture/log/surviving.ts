import { basename, dirname, join, relative, sep } from 'node:path'
import type { JournalEvent } from './journal.ts'
import type { Random } from '../random.ts'

/** A folder at rest: everything in it is durable. */
export interface Disk {
  readonly folder: string
  /** Inode of every directory, by path; the folder itself is one. */
  readonly directories: ReadonlyMap<string, number>
  readonly files: ReadonlyMap<string, { readonly inode: number; readonly bytes: number }>
}

/**
 * How a file system treats what nobody synced.
 *
 * `ordered`: like ext4 and xfs, changes of directory entries reach the disk in order, and any sync takes along all that
 * came before. `lazy`: an entry is durable only when its directory was synced, or the new file itself; of the others
 * some survive, in order.
 */
export type FileSystem = 'ordered' | 'lazy'

/** What happened to a folder, and the moment at which the power goes. */
export interface PowerCut {
  /** The folder before. */
  readonly disk: Disk
  /** Everything that happened, also after the power went: it tells what was under way then. */
  readonly events: readonly JournalEvent[]
  /** How many of the events happened before. */
  readonly cut: number
  /** Length of every inode at the very end. */
  readonly sizes: ReadonlyMap<number, number>
  readonly fileSystem: FileSystem
}

/** A file after the power cut. */
export interface SurvivingFile {
  readonly inode: number
  /** So much of it was synced. */
  readonly durableBytes: number
  /** So much of it may have been written. */
  readonly writtenBytes: number
}

/** The inodes in each directory, by name. */
type Tree = Map<number, Map<string, number>>

/** An entry of a directory: it stays the same when a directory above it gets another name. */
interface Place {
  readonly directory: number
  readonly name: string
}

/** A change of a directory entry, and where it is among the events. */
interface Change {
  readonly event: Extract<JournalEvent, { readonly path: string }>
  readonly index: number
  readonly place: Place
  /** Where a rename takes it from. */
  readonly from: Place | undefined
}

/** The files that are left, by path. Which of the changes survive that need not, `random` decides. */
export function surviving(powerCut: PowerCut, random: Random): Map<string, SurvivingFile> {
  const { disk } = powerCut
  const changes = changesOf(powerCut)
  const uncertain = changes.filter((change) => !isDurable(change, powerCut))
  const lost = new Set(uncertain.slice(random.between(0, uncertain.length)))
  const tree = treeOf(disk)
  for (const change of changes) if (!lost.has(change)) perform(change, tree)

  const files = new Map<string, SurvivingFile>()
  const walk = (path: string, directory: number): void => {
    for (const [name, inode] of tree.get(directory) ?? []) {
      if (tree.has(inode)) walk(join(path, name), inode)
      else files.set(join(path, name), { inode, ...extent(inode, powerCut) })
    }
  }
  walk(disk.folder, disk.directories.get(disk.folder)!)
  return files
}

function treeOf({ directories, files }: Disk): Tree {
  const tree: Tree = new Map([...directories.values()].map((inode) => [inode, new Map()]))
  const inodes = [...directories, ...[...files].map(([path, { inode }]) => [path, inode] as const)]
  for (const [path, inode] of inodes)
    tree.get(directories.get(dirname(path)) ?? 0)?.set(basename(path), inode)
  return tree
}

/** What changed before the cut, as it really happened. */
function changesOf({ disk, events, cut }: PowerCut): Change[] {
  const tree = treeOf(disk)
  const place = (path: string): Place => {
    let directory = disk.directories.get(disk.folder)!
    for (const name of relative(disk.folder, dirname(path)).split(sep))
      if (name !== '') directory = tree.get(directory)?.get(name) ?? 0
    return { directory, name: basename(path) }
  }
  const changes: Change[] = []
  for (const [index, event] of events.slice(0, cut).entries()) {
    if (!('path' in event)) continue
    const from = event.type === 'rename' ? place(event.from) : undefined
    const change = { event, index, place: place(event.path), from }
    perform(change, tree)
    changes.push(change)
  }
  return changes
}

function perform({ event, place, from }: Change, tree: Tree): void {
  const entries = tree.get(place.directory)
  if (event.type === 'directory') tree.set(event.inode, new Map())
  if (event.type === 'create' || event.type === 'directory') entries?.set(place.name, event.inode)
  else if (from === undefined) entries?.delete(place.name)
  else {
    const inode = tree.get(from.directory)?.get(from.name)
    tree.get(from.directory)?.delete(from.name)
    if (inode !== undefined) entries?.set(place.name, inode)
  }
}

function isDurable({ event, index, place }: Change, { events, cut, fileSystem }: PowerCut): boolean {
  return events.slice(index + 1, cut).some((later) => {
    if (later.type !== 'sync' && later.type !== 'syncdir') return false
    if (fileSystem === 'ordered' || later.inode === place.directory) return true
    return event.type === 'create' && later.inode === event.inode
  })
}

function extent(
  inode: number,
  { disk, events, cut, sizes }: PowerCut,
): { durableBytes: number; writtenBytes: number } {
  const end = sizes.get(inode) ?? 0
  const own = events.map((event) => ('inode' in event && event.inode === inode ? event : undefined))
  // A file that is changed in place has no past: it is taken as it is.
  if (own.some((event) => event?.type === 'overwrite')) return { durableBytes: end, writtenBytes: end }
  let durableBytes = [...disk.files.values()].find((file) => file.inode === inode)?.bytes ?? 0
  for (const event of own.slice(0, cut)) {
    if (event?.type === 'sync') durableBytes = Math.max(durableBytes, event.bytes)
    if (event?.type === 'truncate') durableBytes = Math.min(durableBytes, event.bytes)
  }
  // Of a file that was not written through stdio it is not known when: before its next sync, or at the very end.
  const written = own.some((event) => event?.type === 'written')
    ? own.slice(0, cut).findLast((event) => event?.type === 'written')
    : (own.slice(cut).find((event) => event?.type === 'sync') ?? { bytes: end })
  const writtenBytes = Math.max(durableBytes, written !== undefined && 'bytes' in written ? written.bytes : 0)
  return { durableBytes: Math.min(durableBytes, end), writtenBytes: Math.min(writtenBytes, end) }
}
