import { encodings } from '../database.ts'
import { LogError } from '../errors.ts'
import { openDatabase } from '../open-database.ts'
import { damagedError } from '../recovery/damage.ts'
import { LevelLogSet } from './log-set.ts'
import type { LogSet } from './log-set.ts'
import { parseOpenSetOptions } from './options.ts'
import type { OpenLogSetOptions } from './options.ts'
import { checkSetFormat, deletedName, deletions, setFormatKey } from './set-records.ts'

/**
 * Opens a set of logs that `createLogSet` made. LevelDB's files are verified as `openLog` does it; each log is verified
 * when it is opened. Deletions that a crash interrupted go on.
 *
 * A damaged set is refused. What is left of one of its logs can be read with `openLog` and `allowDamaged`.
 *
 * @throws LOG_NOT_FOUND (nothing changed), LOG_LOCKED, LOG_NOT_WRITABLE, LOG_DAMAGED, LOG_IO, TypeError for options that
 *   make no sense
 */
export async function openLogSet(options: OpenLogSetOptions): Promise<LogSet> {
  const parsed = parseOpenSetOptions(options)
  const { maxBatchBytes, maxChunkBytes, segmentBytes, segmentMs, retentionBytes, retentionMs } = parsed
  const limits = { maxBatchBytes, maxChunkBytes, segmentBytes, segmentMs, retentionBytes, retentionMs }
  const { now, clock, metrics, housekeepingIntervalMs } = parsed
  const own = await openDatabase({ ...parsed, readOnly: false, keys: [setFormatKey] })
  try {
    if (!own.writable) throw damagedError(own.location, own.recovery.findings)
    await own.database.open({ passive: true })
    const format = await own.database.get(setFormatKey, encodings)
    if (format === undefined)
      throw new LogError('LOG_NOT_FOUND', `${own.location} holds no set of logs: make one with createLogSet`)
    checkSetFormat(format)
    const deleted = (await own.database.keys({ ...deletions, ...encodings }).all()).map(deletedName)
    return new LevelLogSet({ own, limits, now, clock, metrics, housekeepingIntervalMs, deleted })
  } catch (error) {
    await own.release()
    throw error
  }
}
