import { Housekeeping } from './housekeeping.ts'
import { Keys } from './keys.ts'
import type { Log } from './log.ts'
import { openDatabase } from './open-database.ts'
import { openOnDatabase } from './open-on-database.ts'
import { parseOpenOptions } from './options.ts'
import type { OpenLogOptions } from './options.ts'

/**
 * Opens a log that {@link createLog} made, and verifies what can be verified in bounded time: LevelDB's manifest and
 * write-ahead log, that its tables are there and are as long as they were, the newest of them byte by byte; that no write
 * is gone which was marked as acknowledged; and of the log itself its records, its last chunk and its link to the one
 * before it. Everything else is verified when it is read.
 *
 * A log that lost data it had promised, or is damaged, is refused. With `allowDamaged` it is read from end to end, and
 * opens read-only as far as it can be trusted. Either way nothing in the directory is changed.
 *
 * @throws LOG_NOT_FOUND (nothing changed), LOG_LOCKED, LOG_NOT_WRITABLE, LOG_DAMAGED (`details.offset` is the first that
 *   cannot be trusted, where one is known, `details.findings` what was found; also with `allowDamaged`, if nothing can be
 *   read), LOG_IO, TypeError for options that make no sense
 */
export async function openLog(options: OpenLogOptions): Promise<Log> {
  const parsed = parseOpenOptions(options)
  const { name, now, clock, metrics, readOnly, allowDamaged, housekeepingIntervalMs, ...limits } = parsed
  const keys = new Keys(name)
  const own = await openDatabase({ ...parsed, keys: [keys.format, keys.hardState] })
  let housekeeping: Housekeeping | undefined
  try {
    const log = await openOnDatabase(name, {
      ...own,
      readOnly: readOnly || !own.writable,
      allowDamaged,
      limits,
      now,
      metrics,
      release: async () => {
        await housekeeping?.stop()
        await own.release()
      },
    })
    housekeeping = new Housekeeping({
      clock,
      intervalMs: housekeepingIntervalMs,
      logs: () => [log],
      idle: () => own.writer.idle,
    })
    return log
  } catch (error) {
    await own.release()
    throw error
  }
}
