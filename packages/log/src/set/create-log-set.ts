import { encodings } from '../database.ts'
import type { LogDatabase } from '../database.ts'
import { createDirectory } from '../directory.ts'
import { LogError } from '../errors.ts'
import { parseCreateSetOptions } from './options.ts'
import type { CreateLogSetOptions } from './options.ts'
import { encodeSetFormat, setFormatKey } from './set-records.ts'

/**
 * Makes an empty set of logs: like `createLog`, the one step that may start from nothing.
 *
 * @returns when the set is on disk; it is not open then
 * @throws LOG_EXISTS (nothing changed), LOG_LOCKED, LOG_NOT_WRITABLE, LOG_DAMAGED, LOG_IO, TypeError
 */
export async function createLogSet(options: CreateLogSetOptions): Promise<void> {
  const { path, database } = parseCreateSetOptions(options)
  if (database !== undefined) return create(database)
  // The schema lets exactly one of the two through.
  const own = await createDirectory(path!)
  try {
    await create(own.database)
  } finally {
    await own.release()
  }
}

async function create(database: LogDatabase): Promise<void> {
  await database.open({ passive: true })
  if ((await database.get(setFormatKey, encodings)) !== undefined)
    throw new LogError('LOG_EXISTS', 'the database holds a set of logs already')
  const record = { type: 'put', key: setFormatKey, value: encodeSetFormat() } as const
  await database.batch([record], { ...encodings, sync: true })
}
