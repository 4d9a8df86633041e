import { LogError } from '../errors.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import {
  bodyBytesIn,
  corruptSnapshot,
  decodeHeader,
  decodeTrailer,
  fileBytes,
  footerBytes,
  headerBytes,
  trailerBytes,
} from './snapshot-format.ts'
import { isPartName, snapshotIdOf } from './snapshot-name.ts'
import type { StoredSnapshot } from './snapshot-store.ts'

/**
 * The complete snapshots among `files`, and the names of those that are not: too short, or with a header or an end that
 * is not what was written. Bodies are not read. Removes what a crash left of snapshots in the making.
 */
export async function findSnapshots(
  files: SnapshotFiles,
): Promise<{ readonly found: readonly StoredSnapshot[]; readonly damaged: readonly string[] }> {
  const found: StoredSnapshot[] = []
  const damaged: string[] = []
  for (const { name, bytes } of await files.list()) {
    if (isPartName(name)) await files.remove(name)
    if (snapshotIdOf(name) === undefined) continue
    try {
      found.push(await examine(files, name, bytes))
    } catch (error) {
      if (!(error instanceof LogError)) throw error
      damaged.push(name)
    }
  }
  return { found, damaged: damaged.toSorted() }
}

/** @throws LOG_SNAPSHOT_CORRUPT */
async function examine(files: SnapshotFiles, name: string, size: number): Promise<StoredSnapshot> {
  const header = decodeHeader(name, await files.read(name, 0, headerBytes))
  const id = snapshotIdOf(name)
  if (header.endOffset !== id?.endOffset || header.epoch !== id.epoch)
    throw corruptSnapshot(name, 'its header names another snapshot')
  // The length is compared with the size of the file before anything is read by it.
  const footer = await files.read(name, Math.max(size - footerBytes, 0), footerBytes)
  if (footer.byteLength !== footerBytes || fileBytes(bodyBytesIn(footer)) !== size)
    throw corruptSnapshot(name, 'its end is missing or damaged')
  const length = trailerBytes(bodyBytesIn(footer))
  const trailer = decodeTrailer(name, await files.read(name, size - length, length))
  return { info: { ...header, bytes: trailer.bytes, checksum: trailer.checksum }, trailer }
}
