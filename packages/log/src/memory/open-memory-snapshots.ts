import { z } from 'zod'
import { parse } from '../options.ts'
import { findSnapshots } from '../snapshots/find-snapshots.ts'
import { snapshotLimits } from '../snapshots/open-snapshots.ts'
import { SnapshotStore } from '../snapshots/snapshot-store.ts'
import type { Snapshots } from '../snapshots/snapshots.ts'
import { createMemorySnapshotDirectory, MemorySnapshotDirectory } from './snapshot-directory.ts'

const schema = z.strictObject({
  directory: z.instanceof(MemorySnapshotDirectory).optional(),
  ...snapshotLimits,
})

/** How to open an in-memory snapshot store. */
export interface MemorySnapshotsOptions {
  /** The directory to open. @default a new one */
  readonly directory?: MemorySnapshotDirectory
  /** Largest body of a snapshot, in bytes. Above it: LOG_SNAPSHOT_TOO_LARGE. @default 4 GiB */
  readonly maxSnapshotBytes?: number
}

/**
 * Opens a snapshot store that forgets everything with the process, for tests and simulation. Format, checks and order of
 * syncs are those of the store on disk. It uses no timer: the same calls give the same results in the same order.
 *
 * @throws LOG_LOCKED (the directory is open), LOG_IO, TypeError for options that make no sense
 */
export async function openMemorySnapshots(options: MemorySnapshotsOptions = {}): Promise<Snapshots> {
  const { directory = createMemorySnapshotDirectory(), maxSnapshotBytes } = parse(schema, options)
  const { files, release } = directory.open()
  try {
    return new SnapshotStore({ files, maxSnapshotBytes, ...(await findSnapshots(files)), release })
  } catch (error) {
    await release()
    throw error
  }
}
