import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LogError } from '../errors.ts'
import { auditManifest } from '../leveldb/manifest.ts'
import { verifyTable } from '../leveldb/table.ts'
import { tableFileName } from '../recovery/audit-tables.ts'

/**
 * Verifies every table that LevelDB has now, by reading the files: LevelDB itself does not look at their checksums, and
 * ends the process when some bytes are bad. Tables that a compaction removes meanwhile are skipped; what replaced them
 * was read by LevelDB, and its batches have checksums of their own.
 *
 * @returns the bytes of each table, one after the other
 * @throws LOG_CORRUPT with `details.file` and `details.position`, or what the file system throws
 */
export async function* scrubTables(directory: string): AsyncGenerator<number> {
  const { manifest, finding } = await auditManifest(directory)
  if (manifest === undefined)
    throw new LogError('LOG_CORRUPT', `${finding.file}: ${finding.detail}`, { ...finding })
  for (const table of manifest.tables) {
    const file = tableFileName(table, new Set(await readdir(directory)))
    const bytes = file === undefined ? undefined : await contents(join(directory, file))
    if (bytes === undefined) continue
    const bad = verifyTable(bytes)
    if (bad !== undefined)
      throw new LogError('LOG_CORRUPT', `${file}: ${bad.detail}`, { file, position: bad.position })
    yield bytes.length
  }
}

/** `undefined` if the file is gone. */
async function contents(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
