import type { Clock } from './clock.ts'
import type { LogDatabase } from './database.ts'
import { openDirectory } from './directory.ts'
import type { DirectoryOptions, OwnDatabase } from './directory.ts'
import { diskGauge, diskSpaceOf } from './disk/disk-space.ts'
import type { DiskSpace } from './disk/disk-space.ts'
import { EncodeBuffers } from './encode-buffers.ts'
import { GroupWriter } from './group-writer.ts'
import type { WriterLimits } from './group-writer.ts'
import type { Metrics } from './metrics.ts'
import { nothingAudited } from './recovery/report.ts'
import { WriterMeter } from './writer-meter.ts'

/** Checked options of whatever keeps logs: exactly one of `path` and `database` is given. */
interface OpenDatabaseOptions extends WriterLimits, DirectoryOptions {
  readonly path?: string | undefined
  readonly database?: LogDatabase | undefined
  readonly minFreeBytes: number
  readonly diskSpace?: DiskSpace | undefined
  readonly clock: Clock
  readonly metrics?: Metrics | undefined
}

/** A database that logs can be opened in, and its one writer. */
export interface WritableDatabase extends OwnDatabase {
  /** Where it is, for people. */
  readonly location: string
  readonly writer: GroupWriter
  /** Where the writes of its logs are encoded. */
  readonly buffers: EncodeBuffers
}

/** Opens the LevelDB at `path`, or takes the caller's database. @throws what `openDirectory` throws */
export async function openDatabase(options: OpenDatabaseOptions): Promise<WritableDatabase> {
  const { path, database, diskSpace, minFreeBytes, clock, metrics } = options
  const own = database === undefined ? await openDirectory(path!, options) : callers(database)
  try {
    const space = diskSpace ?? (path === undefined ? undefined : diskSpaceOf(path))
    const gauge = await diskGauge(space, minFreeBytes, clock)
    const meter = metrics && new WriterMeter(metrics, () => clock.now())
    const writer = new GroupWriter(own.database, options, gauge, meter)
    // LevelDB copies what it is given; a database of the caller's may keep it.
    const buffers = new EncodeBuffers(database === undefined)
    return { ...own, writer, buffers, location: path ?? 'a database' }
  } catch (error) {
    await own.release()
    throw error
  }
}

function callers(database: LogDatabase): OwnDatabase {
  return { database, recovery: nothingAudited, writable: true, release: () => Promise.resolve() }
}
