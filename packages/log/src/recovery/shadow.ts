import { copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openLevel } from '../disk/level.ts'
import type { LevelDatabase } from '../disk/level.ts'

/**
 * Opens what is in LevelDB's directory `directory` without changing anything there. LevelDB cannot do that: opening
 * replays the write-ahead log, drops what it cannot read, and removes files. So it opens a directory of its own, in the
 * system's place for temporary files, with copies of the small files and links to the tables, which never change.
 *
 * `release` removes that directory.
 */
export async function openShadow(directory: string): Promise<LevelDatabase> {
  const shadow = await mkdtemp(join(tmpdir(), 'quorate-log-'))
  const remove = (): Promise<void> => rm(shadow, { recursive: true, force: true })
  try {
    for (const file of await readdir(directory)) {
      if (/\.(ldb|sst)$/.test(file)) await symlink(resolve(directory, file), join(shadow, file))
      else if (/^(CURRENT|MANIFEST-\d+|\d+\.log)$/.test(file))
        await copyFile(join(directory, file), join(shadow, file))
    }
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
