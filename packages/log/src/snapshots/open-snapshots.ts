import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { syncParents } from '../directory.ts'
import { guardDirectory } from '../disk/guard.ts'
import { LogError } from '../errors.ts'
import { parse } from '../options.ts'
import { directoryFiles } from './directory-files.ts'
import { findSnapshots } from './find-snapshots.ts'
import { SnapshotStore } from './snapshot-store.ts'
import type { Snapshots } from './snapshots.ts'

/** The limit that every snapshot store has, wherever it keeps its files. */
export const snapshotLimits = {
  maxSnapshotBytes: z
    .int()
    .min(1)
    .default(4 * 1024 ** 3),
}

const schema = z.strictObject({ directory: z.string().min(1), ...snapshotLimits })

/** How to open a snapshot store. */
export interface OpenSnapshotsOptions {
  /** Directory of its own. It is made if it is missing. */
  readonly directory: string
  /** Largest body of a snapshot, in bytes. Above it: LOG_SNAPSHOT_TOO_LARGE. @default 4 GiB */
  readonly maxSnapshotBytes?: number
}

/**
 * Opens the snapshots in a directory, and removes what a crash left of those that were being written.
 *
 * The header and the end of each are verified, bodies when they are read. The memory it takes is 4 bytes for 64 KiB of
 * body.
 *
 * @throws LOG_LOCKED, LOG_NOT_WRITABLE, LOG_IO, TypeError for options that make no sense
 */
export async function openSnapshots(options: OpenSnapshotsOptions): Promise<Snapshots> {
  const { directory, maxSnapshotBytes } = parse(schema, options)
  try {
    const made = await mkdir(directory, { recursive: true })
    if (made !== undefined) await syncParents(made, directory)
    const guard = await guardDirectory(join(directory, 'guard'))
    const release = (): Promise<void> => guard.release()
    try {
      const files = directoryFiles(directory)
      return new SnapshotStore({ files, maxSnapshotBytes, ...(await findSnapshots(files)), release })
    } catch (error) {
      await release()
      throw error
    }
  } catch (error) {
    throw openError(directory, error)
  }
}

function openError(directory: string, cause: unknown): LogError {
  if (cause instanceof LogError) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
  return new LogError(
    denied ? 'LOG_NOT_WRITABLE' : 'LOG_IO',
    `the snapshots in ${directory} cannot be opened: ${message}`,
    { directory },
    { cause },
  )
}
