import type { LogDatabase } from './database.ts'
import { openDirectory } from './directory.ts'
import type { OwnDatabase } from './directory.ts'
import { diskGauge, diskSpaceOf } from './disk/disk-space.ts'
import { GroupWriter } from './group-writer.ts'
import { Keys } from './keys.ts'
import type { Log } from './log.ts'
import { openOnDatabase } from './open-on-database.ts'
import { parseOpenOptions } from './options.ts'
import type { OpenLogOptions } from './options.ts'
import { nothingAudited } from './recovery/report.ts'
import { WriterMeter } from './writer-meter.ts'

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
  const { path, database, name, now, clock, metrics, readOnly, allowDamaged, ...limits } = parsed
  const keys = new Keys(name)
  // The schema lets exactly one of the two through.
  const own =
    database === undefined
      ? await openDirectory(path!, { ...limits, readOnly, clock, keys: [keys.format, keys.hardState] })
      : callers(database)
  try {
    const space = limits.diskSpace ?? (path === undefined ? undefined : diskSpaceOf(path))
    const gauge = await diskGauge(space, limits.minFreeBytes, clock)
    const meter = metrics && new WriterMeter(metrics, () => clock.now())
    const writer = new GroupWriter(own.database, limits, gauge, meter)
    return await openOnDatabase(name, {
      database: own.database,
      location: path ?? 'a database',
      recovery: own.recovery,
      readOnly: readOnly || !own.writable,
      allowDamaged,
      writer,
      limits,
      now,
      metrics,
      release: own.release,
    })
  } catch (error) {
    await own.release()
    throw error
  }
}

function callers(database: LogDatabase): OwnDatabase {
  return { database, recovery: nothingAudited, writable: true, release: () => Promise.resolve() }
}
