import { z } from 'zod'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import type { LogDatabase } from './database.ts'
import type { DiskSpace } from './disk/disk-space.ts'
import type { Metrics } from './metrics.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

const database = z.custom<LogDatabase>(
  (value) => typeof value === 'object' && value !== null && 'batch' in value && 'iterator' in value,
  'must be an abstract-level database',
)

const bytes = z.int().min(1)

/** What a log can be called. */
export const nameSchema = z
  .string()
  .refine((name) => Buffer.byteLength(name) <= 254, 'must not be longer than 254 bytes')

/** What says where logs are: a directory of their own, or a database that the caller opened and closes. */
export const placeShape = { path: z.string().min(1).optional(), database: database.optional() }

/** What says where a log is: a directory of its own, or a database that the caller opened and closes. */
const location = {
  ...placeShape,
  name: nameSchema.default('log'),
}

/** Whether exactly one of the two is given. */
export const onePlace = (options: { path?: unknown; database?: unknown }): boolean =>
  (options.path === undefined) !== (options.database === undefined)

const createSchema = z.strictObject(location).refine(onePlace, 'give either path or database')

/** The limits that every log has, wherever it keeps its batches. */
export const limitsShape = {
  maxBatchBytes: bytes.max(2 ** 32 - 1).default(8 * mebibyte),
  maxQueueBytes: bytes.default(64 * mebibyte),
  now: z
    .custom<() => number>((value) => typeof value === 'function', 'must be a function')
    .default(() => Date.now),
}

/** The limits of a database's writer, which all of its logs share. */
export const writerShape = {
  maxWriteBytes: bytes.default(mebibyte),
  maxWriteBatches: z.int().min(1).default(1024),
}

const milliseconds = z.number().min(1)

/** How a log is cut into pieces, and what of it is kept. */
export const segmentShape = {
  maxChunkBytes: bytes.default(256 * kibibyte),
  segmentBytes: bytes.default(64 * mebibyte),
  segmentMs: milliseconds.default(7 * 24 * 3_600_000),
  retentionBytes: bytes.optional(),
  retentionMs: milliseconds.optional(),
}

const hasFunctions = (value: unknown, ...names: string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof Reflect.get(value, name) === 'function')

/** When dropped batches give their space back, and retention is looked at. */
export const housekeepingShape = { housekeepingIntervalMs: milliseconds.default(5 * 60_000) }

/** What opening verifies, and what is kept free. */
export const recoveryShape = {
  maxAuditBytes: z
    .int()
    .min(0)
    .default(64 * mebibyte),
  highWaterIntervalMs: milliseconds.default(1_000),
  minFreeBytes: z
    .int()
    .min(0)
    .default(64 * mebibyte),
  diskSpace: z
    .custom<DiskSpace>((value) => hasFunctions(value, 'freeBytes'), 'must be a DiskSpace')
    .optional(),
  clock: z
    .custom<Clock>((value) => hasFunctions(value, 'now', 'setTimer'), 'must be a Clock')
    .default(() => systemClock),
}

export const metricsShape = {
  metrics: z.custom<Metrics>((value) => hasFunctions(value, 'add', 'record'), 'must be a Metrics').optional(),
}

const openSchema = z
  .strictObject({
    allowDamaged: z.boolean().default(false),
    readOnly: z.boolean().default(false),
    ...location,
    ...limitsShape,
    ...writerShape,
    ...segmentShape,
    ...housekeepingShape,
    ...recoveryShape,
    ...metricsShape,
  })
  .refine(onePlace, 'give either path or database')

/** Where a log is to be made, or is. */
export interface CreateLogOptions {
  /** Directory of a LevelDB of its own. */
  readonly path?: string
  /** An open abstract-level database to keep the log in. Closing it is the caller's affair. */
  readonly database?: LogDatabase
  /** Tells the logs of one database apart; at most 254 bytes of UTF-8. @default 'log' */
  readonly name?: string
}

/** How a log is cut into pieces, and what of it is kept. */
export interface LogLimitOptions {
  /** Largest payload of a batch. Above it: LOG_BATCH_TOO_LARGE. @default 8 MiB */
  readonly maxBatchBytes?: number
  /** Bytes after which the batches of one write go into another value of the database. @default 256 KiB */
  readonly maxChunkBytes?: number
  /** Bytes after which a new segment begins. @default 64 MiB */
  readonly segmentBytes?: number
  /** Milliseconds after the time of its first batch at which a segment takes no more. @default 7 days */
  readonly segmentMs?: number
  /** Bytes that are kept: segments at the start of the log that are not needed for that are dropped. @default no limit */
  readonly retentionBytes?: number
  /** Milliseconds that a segment is kept after the largest time of its batches. @default no limit */
  readonly retentionMs?: number
}

/** The writer of a database, and what all of its logs share. */
export interface DatabaseOptions {
  /** Bytes of waiting requests that one write to the database carries, unless a single one is larger. @default 1 MiB */
  readonly maxWriteBytes?: number
  /** The same in batches. When so much waits, the next write is encoded while one is under way. @default 1024 */
  readonly maxWriteBatches?: number
  /** Bytes that may wait to be written or be under way. Above it: LOG_QUEUE_FULL. @default 64 MiB */
  readonly maxQueueBytes?: number
  /** Wall-clock milliseconds since 1970, for batches that bring no time. @default Date.now */
  readonly now?: () => number
  /** Milliseconds between two looks at retention and at space that can be given back. @default 5 minutes */
  readonly housekeepingIntervalMs?: number
  /** Bytes of LevelDB's tables that are verified before LevelDB opens them, the newest first. @default 64 MiB */
  readonly maxAuditBytes?: number
  /** Milliseconds by which the high-water mark beside LevelDB may trail the writes. @default 1_000 */
  readonly highWaterIntervalMs?: number
  /** Bytes of the disk that batches leave free. Below it: LOG_DISK_FULL. 0: do not look. @default 64 MiB */
  readonly minFreeBytes?: number
  /** How much room there is on the disk. @default the file system of `path`; with `database`, nobody is asked */
  readonly diskSpace?: DiskSpace
  /** Time for the high-water mark, the disk space and the metrics. @default the machine's */
  readonly clock?: Clock
  /** Takes the metrics of the log. @default nothing is measured */
  readonly metrics?: Metrics
}

/** How to open a log: exactly one of `path` and `database`, and its limits. */
export interface OpenLogOptions extends CreateLogOptions, LogLimitOptions, DatabaseOptions {
  /**
   * Open a damaged log all the same: read-only, as far as it can be trusted. `recovery` says what is wrong. The hard
   * state may be an older one than the last.
   *
   * @default false, and a damaged log is refused with LOG_DAMAGED
   */
  readonly allowDamaged?: boolean
  /**
   * Open to read: writes are refused with LOG_READ_ONLY. With `path` nothing is changed in the directory but the guard
   * file: LevelDB works on a copy of its small files, in the system's place for temporary files. @default false
   */
  readonly readOnly?: boolean
}

/** Validates what `createLog` was given. @throws TypeError */
export function parseCreateOptions(options: CreateLogOptions): z.output<typeof createSchema> {
  return parse(createSchema, options)
}

/** Validates what `openLog` was given and fills in the defaults. @throws TypeError */
export function parseOpenOptions(options: OpenLogOptions): z.output<typeof openSchema> {
  return parse(openSchema, options)
}

/** Parses `options`, and says in one message all that is wrong with them. @throws TypeError */
export function parse<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new TypeError(`log options: ${z.prettifyError(parsed.error)}`)
}
