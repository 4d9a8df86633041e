import { access, constants, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Clock } from './clock.ts'
import { encodings } from './database.ts'
import type { LogDatabase } from './database.ts'
import { syncDirectory } from './disk/durable-file.ts'
import { guardDirectory } from './disk/guard.ts'
import { layoutOf } from './disk/layout.ts'
import type { DirectoryLayout } from './disk/layout.ts'
import { openLevel } from './disk/level.ts'
import { LogError } from './errors.ts'
import { auditDirectory } from './recovery/audit.ts'
import type { DirectoryAudit } from './recovery/audit.ts'
import { damagedError, lostWrites } from './recovery/damage.ts'
import { HighWater, readHighWater, writeHighWater } from './recovery/high-water.ts'
import { readMark } from './recovery/mark.ts'
import { nothingAudited } from './recovery/report.ts'
import type { Finding, RecoveryReport } from './recovery/report.ts'
import { openShadow } from './recovery/shadow.ts'
import { SingleWriterDatabase } from './recovery/single-writer.ts'
import { scrubTables } from './scrub/scrub-tables.ts'

/** The LevelDB in a directory that the log opened itself. */
export interface OwnDatabase {
  readonly database: LogDatabase
  /** What was found when it was opened. */
  readonly recovery: RecoveryReport
  /** False if the directory is damaged or was opened to be read: what is written then is lost. */
  readonly writable: boolean
  /** Verifies LevelDB's tables, one after the other; the bytes of each. @throws LOG_CORRUPT */
  readonly verifyTables?: () => AsyncIterable<number>
  /** Closes the database and lets go of the directory. */
  readonly release: () => Promise<void>
}

/** How to open a directory. */
export interface DirectoryOptions {
  /** Change nothing in the directory but the guard file. */
  readonly readOnly: boolean
  /** Bytes of tables to verify before LevelDB opens them. */
  readonly maxAuditBytes: number
  /** Keys whose tables are verified first. */
  readonly keys: readonly Uint8Array[]
  /** Milliseconds by which the high-water mark may trail the writes. */
  readonly highWaterIntervalMs: number
  readonly clock: Clock
}

/**
 * Makes a LevelDB in the directory `path`, and the directory, where there is none or an empty one.
 *
 * @throws LOG_EXISTS (nothing changed), LOG_LOCKED, LOG_NOT_WRITABLE, LOG_DAMAGED, LOG_IO
 */
export async function createDirectory(path: string): Promise<OwnDatabase> {
  const layout = layoutOf(await makeDirectory(path))
  return guarded(layout, async (release) => {
    if (!(await checkForLevel(layout))) await makeLevel(layout)
    else if (await isInUse(layout)) throw exists(path)
    const level = await openLevel(layout.level, false)
    try {
      await syncDirectory(layout.level)
      await writeHighWater(layout.highWater, 0)
    } catch (error) {
      await level.release()
      throw error
    }
    const { database } = level
    return { database, recovery: nothingAudited, writable: true, release: both(level.release, release) }
  })
}

/**
 * Opens the LevelDB that {@link createDirectory} made in `path`, after its files were audited. If it is damaged, or to be
 * read only, LevelDB works beside it and the directory stays as it is.
 *
 * @throws LOG_NOT_FOUND, LOG_LOCKED, LOG_NOT_WRITABLE, LOG_DAMAGED (it cannot even be read), LOG_IO
 */
export async function openDirectory(path: string, options: DirectoryOptions): Promise<OwnDatabase> {
  const layout = layoutOf(await existingDirectory(path))
  return guarded(layout, async (release) => {
    const own = await openAudited(layout, options, release)
    return { ...own, verifyTables: () => scrubTables(layout.level) }
  })
}

async function openAudited(
  layout: DirectoryLayout,
  options: DirectoryOptions,
  unlock: () => Promise<void>,
): Promise<OwnDatabase> {
  const { maxAuditBytes: maxTableBytes, keys } = options
  const recorded = await readHighWater(layout.highWater)
  const { report: audit, readable } = await auditDirectory(layout.level, { maxTableBytes, keys })
  const findings = [...audit.findings]
  if (recorded === undefined) findings.push(noHighWater)
  if (readable === undefined) throw damagedError(layout.path, findings)

  if (options.readOnly || findings.length > 0 || audit.state === 'torn') {
    const shadow = await openShadow(layout.level, readable)
    try {
      const found = await readMark(shadow.database)
      // The file is made before the first record is, so there was never a log here.
      if (recorded === undefined && !(await holdsAnything(shadow.database))) throw notFound(layout.path)
      findings.push(...lostWrites(found, recorded ?? 0))
      if (options.readOnly || findings.length > 0)
        return {
          database: shadow.database,
          recovery: report(audit, findings, found, recorded),
          writable: false,
          release: both(shadow.release, unlock),
        }
    } catch (error) {
      await shadow.release()
      throw error
    }
    await shadow.release()
  }
  return openForWriting(layout, options, audit, recorded ?? 0, unlock)
}

async function openForWriting(
  layout: DirectoryLayout,
  options: DirectoryOptions,
  audit: DirectoryAudit['report'],
  recorded: number,
  unlock: () => Promise<void>,
): Promise<OwnDatabase> {
  const level = await openLevel(layout.level, false)
  try {
    // LevelDB renames CURRENT and begins a write-ahead log without syncing the directory.
    await syncDirectory(layout.level)
    const found = await readMark(level.database)
    const lost = lostWrites(found, recorded)
    const recovery = report(audit, lost, found, recorded)
    if (lost.length > 0)
      return { database: level.database, recovery, writable: false, release: both(level.release, unlock) }
    const database = new SingleWriterDatabase(level.database, () => highWater.written())
    const highWater = new HighWater({
      path: layout.highWater,
      mark: found,
      putMark: (mark) => database.putMark(mark),
      intervalMs: options.highWaterIntervalMs,
      clock: options.clock,
    })
    const close = both(() => highWater.close(), level.release)
    return { database, recovery, writable: true, release: both(close, unlock) }
  } catch (error) {
    await level.release()
    throw error
  }
}

const noHighWater: Finding = {
  kind: 'high-water',
  file: 'high-water',
  detail: 'it is missing or damaged, so nobody knows whether the end of the log is there',
}

function report(
  audit: DirectoryAudit['report'],
  findings: readonly Finding[],
  found: number,
  recorded: number | undefined,
): RecoveryReport {
  const state = findings.length > 0 ? 'damaged' : audit.state
  return { ...audit, state, findings, mark: { found, recorded: recorded ?? 0 } }
}

/** Runs `inside` while this opener alone has the directory; it keeps it if `inside` succeeds. */
async function guarded(
  layout: DirectoryLayout,
  inside: (release: () => Promise<void>) => Promise<OwnDatabase>,
): Promise<OwnDatabase> {
  try {
    const guard = await guardDirectory(layout.guard)
    try {
      return await inside(() => guard.release())
    } catch (error) {
      await guard.release()
      throw error
    }
  } catch (error) {
    throw openError(layout.path, error)
  }
}

function both(first: () => Promise<void>, second: () => Promise<void>): () => Promise<void> {
  return async () => {
    try {
      await first()
    } finally {
      await second()
    }
  }
}

async function makeDirectory(path: string): Promise<string> {
  try {
    const made = await mkdir(path, { recursive: true })
    if (made !== undefined) await syncParents(made, path)
    await access(path, constants.W_OK)
    return await realpath(path)
  } catch (error) {
    throw openError(path, error)
  }
}

/** Whether there is anything in LevelDB's directory but what an interrupted {@link createDirectory} leaves. */
async function isInUse(layout: DirectoryLayout): Promise<boolean> {
  const { report: audit, readable } = await auditDirectory(layout.level, {
    maxTableBytes: Infinity,
    keys: [],
  })
  if (audit.findings.length > 0 || readable === undefined) throw damagedError(layout.path, audit.findings)
  const shadow = await openShadow(layout.level, readable)
  try {
    return await holdsAnything(shadow.database)
  } finally {
    await shadow.release()
  }
}

async function holdsAnything(database: LogDatabase): Promise<boolean> {
  const [key] = await database.keys({ ...encodings, gte: new Uint8Array(), limit: 1 }).all()
  return key !== undefined
}

/** A new directory survives a crash only after the one that it is in was synced. */
export async function syncParents(firstMade: string, path: string): Promise<void> {
  const top = dirname(resolve(firstMade))
  for (let directory = resolve(path); directory !== top; directory = dirname(directory))
    await syncDirectory(dirname(directory))
}

async function existingDirectory(path: string): Promise<string> {
  try {
    const layout = layoutOf(path)
    if (!(await checkForLevel(layout))) throw notFound(path)
    await access(path, constants.W_OK)
    await access(layout.level, constants.W_OK)
    return await realpath(path)
  } catch (error) {
    throw openError(path, error)
  }
}

/**
 * Whether there is a LevelDB. Where there is none, there must be nothing that is left of one: LevelDB would begin anew and
 * delete the tables of the old one.
 *
 * @throws LOG_DAMAGED, or what the file system throws
 */
async function checkForLevel(layout: DirectoryLayout): Promise<boolean> {
  const files = await readdir(layout.path)
  const levelFiles = files.includes(basename(layout.level)) ? await readdir(layout.level) : []
  if (levelFiles.includes('CURRENT')) return true
  // The record is made after LevelDB was, so where there is no LevelDB there was no record, or there was a log.
  const isLeft = files.includes(basename(layout.highWater))
  if (isLeft || levelFiles.some((file) => /^\d+\.(ldb|log|sst)$/.test(file)))
    throw damagedError(layout.path, [{ kind: 'current', file: 'CURRENT', detail: 'it is missing' }])
  return false
}

/**
 * Makes an empty LevelDB, whole or not at all: LevelDB itself begins with files that it does not sync. What is aside is
 * left of an attempt that a crash ended.
 */
async function makeLevel(layout: DirectoryLayout): Promise<void> {
  if ((await readdir(layout.path)).includes('CURRENT')) throw exists(layout.path)
  await rm(layout.levelAside, { recursive: true, force: true })
  const level = await openLevel(layout.levelAside, true)
  await level.release()
  await syncDirectory(layout.levelAside)
  await rename(layout.levelAside, layout.level)
  await syncDirectory(layout.path)
}

function notFound(path: string): LogError {
  return new LogError('LOG_NOT_FOUND', `${path} holds no log: make one with createLog`, { path })
}

function exists(path: string): LogError {
  return new LogError('LOG_EXISTS', `${path} holds a log or another database already`, { path })
}

function openError(path: string, error: unknown): LogError {
  if (error instanceof LogError) return error
  // abstract-level wraps what the database said.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error)
  const code = 'code' in cause ? String(cause.code) : ''
  const options = { cause: error }
  if (code === 'ENOENT') return new LogError('LOG_NOT_FOUND', `${path} does not exist`, { path }, options)
  if (code === 'LEVEL_LOCKED')
    return new LogError('LOG_LOCKED', `the LevelDB in ${path} is open in another process`, { path }, options)
  if (code === 'LEVEL_CORRUPTION')
    return damagedError(path, [{ kind: 'manifest', detail: `LevelDB says: ${cause.message}` }], error)
  if (['EACCES', 'EPERM', 'EROFS'].includes(code) || /permission denied|read-only/i.test(cause.message))
    return new LogError('LOG_NOT_WRITABLE', `${path} cannot be written: ${cause.message}`, { path }, options)
  return new LogError('LOG_IO', `cannot open ${path}: ${cause.message}`, { path }, options)
}
