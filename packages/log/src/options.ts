import { z } from 'zod'
import type { LogDatabase } from './database.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

const database = z.custom<LogDatabase>(
  (value) => typeof value === 'object' && value !== null && 'batch' in value && 'iterator' in value,
  'must be an abstract-level database',
)

const bytes = z.int().min(1)

/** What says where a log is: a directory of its own, or a database that the caller opened and closes. */
const location = {
  path: z.string().min(1).optional(),
  database: database.optional(),
  name: z
    .string()
    .refine((name) => Buffer.byteLength(name) <= 255, 'must not be longer than 255 bytes')
    .default('log'),
}

const onePlace = (options: { path?: unknown; database?: unknown }): boolean =>
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

const openSchema = z
  .strictObject({
    ...location,
    ...limitsShape,
    maxWriteBytes: bytes.default(4 * mebibyte),
    maxWriteBatches: z.int().min(1).default(16_384),
    maxChunkBytes: bytes.default(256 * kibibyte),
  })
  .refine(onePlace, 'give either path or database')

/** Where a log is to be made, or is. */
export interface CreateLogOptions {
  /** Directory of a LevelDB of its own. */
  readonly path?: string
  /** An open abstract-level database to keep the log in. Closing it is the caller's affair. */
  readonly database?: LogDatabase
  /** Tells the logs of one database apart; at most 255 bytes of UTF-8. @default 'log' */
  readonly name?: string
}

/** How to open a log: exactly one of `path` and `database`, and its limits. */
export interface OpenLogOptions extends CreateLogOptions {
  /** Largest payload of a batch. Above it: LOG_BATCH_TOO_LARGE. @default 8 MiB */
  readonly maxBatchBytes?: number
  /** Bytes of waiting requests that one write to the database carries, unless a single one is larger. @default 4 MiB */
  readonly maxWriteBytes?: number
  /** The same in batches. @default 16_384 */
  readonly maxWriteBatches?: number
  /** Bytes that may wait to be written or be under way. Above it: LOG_QUEUE_FULL. @default 64 MiB */
  readonly maxQueueBytes?: number
  /** Bytes after which the batches of one write go into another value of the database. @default 256 KiB */
  readonly maxChunkBytes?: number
  /** Wall-clock milliseconds since 1970, for batches that bring no time. @default Date.now */
  readonly now?: () => number
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
