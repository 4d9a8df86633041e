import { z } from 'zod'
import type { LogDatabase } from '../database.ts'
import type { LogLimits } from '../level-log.ts'
import {
  housekeepingShape,
  limitsShape,
  metricsShape,
  nameSchema,
  onePlace,
  parse,
  placeShape,
  recoveryShape,
  segmentShape,
  writerShape,
} from '../options.ts'
import type { DatabaseOptions, LogLimitOptions } from '../options.ts'

const createSchema = z.strictObject(placeShape).refine(onePlace, 'give either path or database')

const openSchema = z
  .strictObject({
    ...placeShape,
    ...limitsShape,
    ...writerShape,
    ...segmentShape,
    ...housekeepingShape,
    ...recoveryShape,
    ...metricsShape,
  })
  .refine(onePlace, 'give either path or database')

const logShape = { maxBatchBytes: limitsShape.maxBatchBytes, ...segmentShape }
const logSchema = z.strictObject(logShape)

/** Where a set of logs is to be made, or is: exactly one of the two. */
export interface CreateLogSetOptions {
  /** Directory of a LevelDB of its own. */
  readonly path?: string
  /** An open abstract-level database to keep the logs in. Closing it is the caller's affair. */
  readonly database?: LogDatabase
}

/** How to open a set of logs. The limits of a log are those of every log that does not say otherwise when it is opened. */
export interface OpenLogSetOptions extends CreateLogSetOptions, LogLimitOptions, DatabaseOptions {}

/** Validates what `createLogSet` was given. @throws TypeError */
export function parseCreateSetOptions(options: CreateLogSetOptions): z.output<typeof createSchema> {
  return parse(createSchema, options)
}

/** Validates what `openLogSet` was given and fills in the defaults. @throws TypeError */
export function parseOpenSetOptions(options: OpenLogSetOptions): z.output<typeof openSchema> {
  return parse(openSchema, options)
}

/** The limits of one log of a set: those of the set, but for what `options` say. @throws TypeError */
export function parseLogOptions(set: LogLimits, options: LogLimitOptions): LogLimits {
  return parse(logSchema, { ...set, ...options })
}

/** Makes sure that a log can be called `name`. @throws TypeError */
export function parseName(name: string): void {
  parse(nameSchema, name)
}
