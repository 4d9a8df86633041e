import { Level } from 'level'
import type { LogDatabase } from '../database.ts'

/** A LevelDB that the log opened itself. */
export interface LevelDatabase {
  readonly database: LogDatabase
  /** Closes the database. */
  readonly release: () => Promise<void>
}

/**
 * Opens the LevelDB in `directory`; with `create` it makes one where there is none.
 *
 * @throws what LevelDB says, wrapped by abstract-level
 */
export async function openLevel(directory: string, create: boolean): Promise<LevelDatabase> {
  const database = new Level<Uint8Array, Uint8Array>(directory, { createIfMissing: create })
  await database.open({ createIfMissing: create })
  return { database, release: () => database.close() }
}
