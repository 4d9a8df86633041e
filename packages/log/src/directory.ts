import { access, constants, mkdir, open, readdir, realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Level } from 'level'
import type { LogDatabase } from './database.ts'
import { LogError } from './errors.ts'

/**
 * The directories that this process has open, by their real path.
 *
 * LevelDB's lock is a POSIX one: a second attempt to open a directory in the same process fails as it should, but
 * takes the first one's lock away with it, and then another process gets in. So the attempt must not be made.
 */
const openDirectories = new Set<string>()

/** A LevelDB that the log opened itself. */
export interface OwnDatabase {
  readonly database: LogDatabase
  /** Closes the database. */
  readonly release: () => Promise<void>
}

/**
 * Opens the LevelDB in the directory `path`. With `create` it makes one where there is none; without, it changes
 * nothing in a directory that holds none.
 *
 * @throws LOG_NOT_FOUND, LOG_LOCKED, LOG_NOT_WRITABLE, LOG_CORRUPT, LOG_IO
 */
export async function openDirectory(path: string, create: boolean): Promise<OwnDatabase> {
  const directory = await (create ? makeDirectory(path) : existingDirectory(path))
  if (openDirectories.has(directory)) throw locked(path)
  openDirectories.add(directory)
  try {
    const database = new Level<Uint8Array, Uint8Array>(directory, { createIfMissing: create })
    await database.open({ createIfMissing: create })
    const release = async (): Promise<void> => {
      await database.close()
      openDirectories.delete(directory)
    }
    return { database, release }
  } catch (error) {
    openDirectories.delete(directory)
    throw openError(path, error)
  }
}

async function makeDirectory(path: string): Promise<string> {
  try {
    const made = await mkdir(path, { recursive: true })
    if (made !== undefined) await syncParents(made, path)
    checkRemains(path, await readdir(path))
    await access(path, constants.W_OK)
    return await realpath(path)
  } catch (error) {
    throw openError(path, error)
  }
}

/** A new directory survives a crash only after the one that it is in was synced. */
async function syncParents(firstMade: string, path: string): Promise<void> {
  const top = dirname(resolve(firstMade))
  for (let directory = resolve(path); directory !== top; directory = dirname(directory)) {
    const handle = await open(dirname(directory))
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

async function existingDirectory(path: string): Promise<string> {
  try {
    const files = await readdir(path)
    checkRemains(path, files)
    if (!files.includes('CURRENT'))
      throw new LogError('LOG_NOT_FOUND', `${path} holds no log: make one with createLog`, { path })
    await access(path, constants.W_OK)
    return await realpath(path)
  } catch (error) {
    throw openError(path, error)
  }
}

/**
 * Makes sure that `files` are not what is left of a LevelDB without its file CURRENT: LevelDB would begin a new database
 * there and delete the tables of the old one.
 */
function checkRemains(path: string, files: readonly string[]): void {
  if (files.includes('CURRENT') || !files.some((file) => /^\d+\.(ldb|log|sst)$/.test(file))) return
  throw new LogError('LOG_CORRUPT', `${path} holds a LevelDB whose file CURRENT is missing`, { path })
}

function openError(path: string, error: unknown): LogError {
  if (error instanceof LogError) return error
  // abstract-level wraps what the database said.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error)
  const code = 'code' in cause ? String(cause.code) : ''
  const options = { cause: error }
  if (code === 'ENOENT') return new LogError('LOG_NOT_FOUND', `${path} does not exist`, { path }, options)
  if (code === 'LEVEL_LOCKED') return locked(path, options)
  if (code === 'LEVEL_CORRUPTION')
    return new LogError(
      'LOG_CORRUPT',
      `the LevelDB in ${path} is damaged: ${cause.message}`,
      { path },
      options,
    )
  if (['EACCES', 'EPERM', 'EROFS'].includes(code) || /permission denied|read-only/i.test(cause.message))
    return new LogError('LOG_NOT_WRITABLE', `${path} cannot be written: ${cause.message}`, { path }, options)
  return new LogError('LOG_IO', `cannot open ${path}: ${cause.message}`, { path }, options)
}

function locked(path: string, options?: ErrorOptions): LogError {
  return new LogError('LOG_LOCKED', `${path} is open already, here or in another process`, { path }, options)
}
