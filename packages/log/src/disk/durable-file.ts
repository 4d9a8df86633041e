import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes what was created, renamed or removed in the directory `path` survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Puts `bytes` in the place of what the file `path` held, or makes it. After a crash it holds the old bytes or the new
 * ones, never a mixture: they are written aside, synced and renamed, and then the directory is synced.
 *
 * @returns when the new bytes are on disk
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const aside = `${path}.aside`
  const handle = await open(aside, 'w')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(aside, path)
  await syncDirectory(dirname(path))
}
