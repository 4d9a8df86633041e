import { copyFile, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openLevel } from '../disk/level.ts'
import type { LevelDatabase } from '../disk/level.ts'
import { encodeManifest } from '../leveldb/manifest-writer.ts'
import type { Manifest, TableFile } from '../leveldb/manifest.ts'
import { tableFileName } from './audit-tables.ts'

/** What LevelDB may be shown. */
interface Readable {
  readonly manifest: Manifest
  readonly tables: readonly TableFile[]
}

/**
 * Opens what is in LevelDB's directory `directory` without changing anything there. LevelDB cannot do that: opening
 * replays the write-ahead log, drops what it cannot read, and removes files. So it opens a directory of its own, in the
 * system's place for temporary files, with copies of the small files and links to the tables, which never change.
 *
 * Tables that are bad are left out. LevelDB would refuse a database without them, so it gets a manifest without them too.
 *
 * `release` removes the directory.
 */
export async function openShadow(directory: string, { manifest, tables }: Readable): Promise<LevelDatabase> {
  const shadow = await mkdtemp(join(tmpdir(), 'quorate-log-'))
  const remove = (): Promise<void> => rm(shadow, { recursive: true, force: true })
  try {
    const files = new Set(await readdir(directory))
    for (const table of tables) {
      const file = tableFileName(table, files)
      if (file !== undefined) await symlink(resolve(directory, file), join(shadow, file))
    }
    for (const file of files)
      if (/^\d+\.log$/.test(file)) await copyFile(join(directory, file), join(shadow, file))
    const name = `MANIFEST-${String(manifest.nextFileNumber).padStart(6, '0')}`
    await writeFile(join(shadow, name), encodeManifest(manifest, tables))
    await writeFile(join(shadow, 'CURRENT'), `${name}\n`)
    const level = await openLevel(shadow, false)
    const release = async (): Promise<void> => {
      await level.release()
      await remove()
    }
    return { database: level.database, release }
  } catch (error) {
    await remove()
    throw error
  }
}
