import { ChunkStore } from './chunk-store.ts'
import type { LogDatabase } from './database.ts'
import { createDirectory } from './directory.ts'
import { LogError } from './errors.ts'
import { encodeFormat } from './format.ts'
import { Keys } from './keys.ts'
import { parseCreateOptions } from './options.ts'
import type { CreateLogOptions } from './options.ts'

/**
 * Makes an empty log: the one step that may start from nothing. Opening never does, because a log that lost its files
 * would then come back empty, and a voter with an empty log votes again in epochs it has voted in.
 *
 * Parent directories are made too. A directory in which the step was interrupted can be created again.
 *
 * @returns when the log is on disk; it is not open then
 * @throws LOG_EXISTS (there is a log, or a database of something else; nothing changed), LOG_LOCKED, LOG_NOT_WRITABLE,
 *   LOG_DAMAGED, LOG_IO, TypeError for options that make no sense
 */
export async function createLog(options: CreateLogOptions): Promise<void> {
  const { path, database, name } = parseCreateOptions(options)
  if (database !== undefined) return create(database, name)
  // The schema lets exactly one of the two through.
  const own = await createDirectory(path!)
  try {
    await create(own.database, name)
  } finally {
    await own.release()
  }
}

async function create(database: LogDatabase, name: string): Promise<void> {
  const keys = new Keys(name)
  const store = new ChunkStore(database, keys)
  await store.ready()
  if ((await store.get(keys.format)) !== undefined)
    throw new LogError('LOG_EXISTS', `the database holds a log named '${name}' already`, { name })
  await store.write([{ type: 'put', key: keys.format, value: encodeFormat() }])
}
