import { encodings } from '../database.ts'
import type { LogDatabase, Operation } from '../database.ts'
import type { GroupWriter } from '../group-writer.ts'
import { Keys } from '../keys.ts'
import { writeOperations } from '../raw-write.ts'
import { deletionKey } from './set-records.ts'

/** Entries that one write removes. Small enough not to hold up the appends that ride with it. */
const maxErasedEntries = 1024

/**
 * Removes everything that is left of the log `name`, some with each write, and at last the note that it is to be removed.
 * An erasure that a crash ended begins again when the set is opened.
 *
 * @throws LOG_FAILED, LOG_CLOSED, or what the database throws
 */
export async function eraseLog(database: LogDatabase, writer: GroupWriter, name: string): Promise<void> {
  const { all } = new Keys(name)
  let from = all.gte
  for (;;) {
    const range = { ...encodings, gte: from, lt: all.lt, limit: maxErasedEntries }
    const keys = await database.keys(range).all()
    const operations: Operation[] = keys.map((key) => ({ type: 'del', key }))
    const last = keys.at(-1)
    if (last === undefined || keys.length < maxErasedEntries) {
      operations.push({ type: 'del', key: deletionKey(name) })
      await writeOperations(writer, operations)
      return
    }
    await writeOperations(writer, operations)
    from = last
  }
}
