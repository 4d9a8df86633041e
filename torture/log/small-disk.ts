import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const diskBytes = 48 * 1024 * 1024
const fillBytes = 4096

/** A disk that can be filled up while a process writes to it, and freed again. */
export interface SmallDisk {
  /** What it is, for the table. */
  readonly name: string
  /** Folder on it. */
  readonly folder: string
  /** Leaves room for about `bytes` more of what the process `pid` writes. */
  fill(pid: number, bytes: number): void
  free(pid: number): void
  /** Takes it away with all that is on it. */
  remove(): void
}

/** The disks that this machine lets us have: a file system of its own for root, a limit for the size of files for all. */
export function smallDisks(directory: string): SmallDisk[] {
  const disks = [memoryDisk, limitedDisk].map((make) => make(directory)).filter((disk) => disk !== undefined)
  if (disks.length === 0)
    throw new Error(
      'the full-disk campaign needs root, to mount a tmpfs, or the program prlimit of util-linux',
    )
  return disks
}

/** A tmpfs. It is full when another file leaves no room. */
function memoryDisk(directory: string): SmallDisk | undefined {
  const folder = join(directory, 'full-tmpfs')
  mkdirSync(folder)
  if (!run('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', folder])) return undefined
  const filler = join(folder, 'filler')
  return {
    name: 'disk',
    folder,
    fill: (_pid, bytes) => {
      const file = openSync(filler, 'w')
      const { bavail, bsize } = statfsSync(folder)
      const block = Buffer.alloc(fillBytes)
      for (let left = bavail * bsize - bytes; left >= fillBytes; left -= fillBytes) writeSync(file, block)
      closeSync(file)
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => {
      run('umount', [folder])
      rmSync(folder, { recursive: true })
    },
  }
}

/** A limit for the size of every file that the process writes. What is longer already can grow no more. */
function limitedDisk(directory: string): SmallDisk | undefined {
  if (!run('prlimit', ['--version'])) return undefined
  const folder = join(directory, 'full-limit')
  mkdirSync(folder)
  return {
    name: 'file size',
    folder,
    fill: (pid, bytes) => limit(pid, String(largestLog(folder) + bytes)),
    free: (pid) => limit(pid, 'unlimited'),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** The hard limit stays, so that the process may be freed again. A process that is gone needs no limit. */
function limit(pid: number, bytes: string): void {
  run('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
}

function largestLog(folder: string): number {
  const sizes = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(({ name }) => name.endsWith('.log'))
    .map(({ parentPath, name }) => statSync(join(parentPath, name)).size)
  return Math.max(0, ...sizes)
}

function run(program: string, parameters: readonly string[]): boolean {
  try {
    execFileSync(program, parameters, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
