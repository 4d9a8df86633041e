import type { Offset } from './batch.ts'
import { ChunkStore } from './chunk-store.ts'
import type { LogDatabase } from './database.ts'
import { LogError } from './errors.ts'
import type { EncodeBuffers } from './encode-buffers.ts'
import type { GroupWriter } from './group-writer.ts'
import { Keys } from './keys.ts'
import { LevelLog } from './level-log.ts'
import type { LogLimits } from './level-log.ts'
import { loadLog } from './load-log.ts'
import type { LogState } from './log-state.ts'
import type { Metrics } from './metrics.ts'
import { damagedError } from './recovery/damage.ts'
import type { Finding, RecoveryReport } from './recovery/report.ts'
import { findingOf, salvage } from './recovery/salvage.ts'
import { SegmentMeter } from './segment-meter.ts'

/** What a log needs to know of the database that it is in. */
export interface OpenOnDatabase {
  readonly database: LogDatabase
  /** Where the database is, for people. */
  readonly location: string
  /** What was found when the database was opened. */
  readonly recovery: RecoveryReport
  /** Refuse writes. */
  readonly readOnly: boolean
  /** Open a damaged log as far as it can be trusted. */
  readonly allowDamaged: boolean
  /** The one writer of `database`, and where its writes are encoded. */
  readonly writer: GroupWriter
  readonly buffers: EncodeBuffers
  readonly limits: LogLimits
  readonly now: () => number
  readonly metrics?: Metrics | undefined
  /** Verifies LevelDB's tables, if they belong to this log alone. */
  readonly verifyTables?: (() => AsyncIterable<number>) | undefined
  /** Called once the log is closed. */
  readonly release: () => Promise<void>
}

/**
 * Opens the log `name` of an open database, and verifies its end.
 *
 * @throws LOG_NOT_FOUND, LOG_DAMAGED, LOG_IO
 */
export async function openOnDatabase(name: string, parts: OpenOnDatabase): Promise<LevelLog> {
  const { location, allowDamaged, writer, buffers, limits, now, metrics, release } = parts
  const keys = new Keys(name)
  const store = new ChunkStore(parts.database, keys)
  await store.ready()
  const trusted = await trustedState(store, parts.recovery)
  if (trusted === undefined && parts.recovery.state === 'damaged')
    throw damagedError(location, parts.recovery.findings)
  if (trusted === undefined)
    throw new LogError('LOG_NOT_FOUND', `${location} holds no log named '${name}': make one with createLog`, {
      name,
    })
  const { state, recovery } = trusted
  const damaged = recovery.state === 'damaged'
  if (damaged && !allowDamaged) throw damagedError(location, recovery.findings)
  const readOnly = parts.readOnly || damaged
  const meter = metrics && new SegmentMeter(metrics)
  const { verifyTables } = parts
  const upkeep = { meter, metrics, verifyTables, release }
  return new LevelLog({ store, keys, writer, buffers, state, recovery, readOnly, limits, now, ...upkeep })
}

/** Where the log stands, as far as it can be trusted, and what was found. */
async function trustedState(
  store: ChunkStore,
  recovery: RecoveryReport,
): Promise<{ readonly state: LogState; readonly recovery: RecoveryReport } | undefined> {
  const findings = [...recovery.findings]
  if (recovery.state !== 'damaged') {
    try {
      const state = await loadLog(store)
      return state === undefined ? undefined : { state, recovery }
    } catch (error) {
      findings.push(findingOf(error))
    }
  }
  const saved = await salvage(store)
  if (saved === undefined) return undefined
  const { state } = saved
  const located = [...findings, ...saved.findings].map((finding) => locate(finding, state.tail.endOffset))
  return { state, recovery: { ...recovery, state: 'damaged', findings: located } }
}

/** What has no place of its own is behind the last good batch. */
function locate(finding: Finding, endOffset: Offset): Finding {
  return { offset: endOffset, ...finding }
}
