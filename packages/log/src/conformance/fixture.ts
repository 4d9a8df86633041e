import assert from 'node:assert/strict'
import type { Batch, Offset } from '../batch.ts'
import type { LogErrorCode } from '../errors.ts'
import type { Log } from '../log.ts'

/** Limits that some of the tests open a log with. */
export interface LogLimits {
  readonly maxBatchBytes?: number
  readonly maxQueueBytes?: number
}

/** Opens the log that is on one storage. Called again after the log was closed, it opens the same log. */
export type OpenStorage = (limits?: LogLimits) => Promise<Log>

/** What the suite needs: a runner, and logs to try. */
export interface LogConformanceOptions {
  /** Declares one test. It fails if the function rejects. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** Makes new storage with an empty log on it. Called once for each test. */
  readonly open: () => Promise<OpenStorage>
}

/** One promise of the contract. */
export interface Scenario {
  readonly name: string
  readonly run: (open: OpenStorage) => Promise<void>
}

/** A scenario on a log that is opened for it and closed after it. */
export function scenario(name: string, run: (log: Log) => Promise<void>, limits?: LogLimits): Scenario {
  return {
    name,
    run: async (open) => {
      const log = await open(limits)
      try {
        await run(log)
      } finally {
        await log.close()
      }
    },
  }
}

/** A batch of one record with `text` as its payload. */
export function batch(baseOffset: Offset, text: string, fields: Partial<Batch> = {}): Batch {
  return {
    baseOffset,
    count: 1,
    epoch: 0,
    timestampMs: 0,
    attributes: 0,
    payload: Buffer.from(text),
    ...fields,
  }
}

/** The payloads of `batches`, as text. */
export function texts(batches: readonly Batch[]): string[] {
  return batches.map(({ payload }) => Buffer.from(payload).toString())
}

/** Everything in `log`, as text. */
export async function contents(log: Log): Promise<string[]> {
  return texts(await log.read(log.startOffset, { maxBytes: Number.MAX_SAFE_INTEGER }))
}

/** Makes sure that `promise` rejects with a LogError of that code. */
export async function rejects(promise: Promise<unknown>, code: LogErrorCode): Promise<void> {
  await assert.rejects(promise, { name: 'LogError', code })
}
