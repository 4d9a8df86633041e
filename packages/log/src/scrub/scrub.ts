import { z } from 'zod'
import type { Offset } from '../batch.ts'
import { awaitedClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { LogError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { parse, recoveryShape } from '../options.ts'
import { Pace } from './pace.ts'

/** How to scrub. */
export interface ScrubOptions {
  /** Bytes that are read and verified in a second at most. @default 8 MiB */
  readonly bytesPerSecond?: number
  /** Ends the scrub with its reason, also while it waits. */
  readonly signal?: AbortSignal
  /** Time to measure the rate in. @default the machine's */
  readonly clock?: Clock
}

/** How far a scrub is. */
export interface ScrubProgress {
  /** `tables`: LevelDB's files are being read; `batches`: the log is. */
  readonly stage: 'tables' | 'batches'
  /** Bytes that were read and found good so far. */
  readonly bytes: number
  /** All batches before this offset were read and found good. @default the start of the log, while tables are read */
  readonly offset: Offset
  /** Where the log ends now. */
  readonly endOffset: Offset
}

/** A point between two batches that a scrub has come to. */
export interface ScrubPosition {
  readonly offset: Offset
  /** Checksum of the batch before it; `undefined` if the log changed behind the scrub, and nothing is known. */
  readonly checksum: number | undefined
}

/** What a scrub reads. */
export interface ScrubSource {
  readonly startOffset: Offset
  readonly endOffset: Offset
  /** The bytes of each of LevelDB's tables, once they are verified; absent where they are out of reach. @throws LOG_CORRUPT */
  readonly tables?: (() => AsyncIterable<number>) | undefined
  /** Verifies batches from `position` on, at least one if there is one. @throws LOG_CORRUPT */
  verify(position: ScrubPosition, maxBytes: number): Promise<{ position: ScrubPosition; bytes: number }>
}

const maxStepBytes = 1024 * 1024
const defaultBytesPerSecond = 8 * 1024 * 1024

const schema = z.strictObject({
  bytesPerSecond: z.number().min(1).default(defaultBytesPerSecond),
  signal: z.instanceof(AbortSignal).optional(),
  // A program whose last task is a scrub must not end before it.
  clock: recoveryShape.clock.unwrap().default(() => awaitedClock),
})

/** {@link Log.scrub} of a log that is read through `source`. @throws TypeError */
export function scrub(
  source: ScrubSource,
  options: ScrubOptions = {},
  metrics?: Metrics,
): AsyncIterable<ScrubProgress> {
  const { bytesPerSecond, signal, clock } = parse(schema, options)
  return {
    async *[Symbol.asyncIterator]() {
      const pace = new Pace(clock, bytesPerSecond)
      try {
        for await (const { progress, bytes } of steps(source)) {
          metrics?.add('log_scrubbed_bytes', bytes)
          yield progress
          await pace.spend(bytes, signal)
        }
        metrics?.add('log_scrub_passes', 1)
      } catch (error) {
        if (error instanceof LogError && error.code === 'LOG_CORRUPT') metrics?.add('log_scrub_findings', 1)
        throw error
      }
    },
  }
}

async function* steps(source: ScrubSource): AsyncGenerator<{ progress: ScrubProgress; bytes: number }> {
  let total = 0
  if (source.tables !== undefined)
    for await (const bytes of source.tables()) {
      total += bytes
      const { startOffset: offset, endOffset } = source
      yield { progress: { stage: 'tables', bytes: total, offset, endOffset }, bytes }
    }
  let position: ScrubPosition = { offset: source.startOffset, checksum: undefined }
  while (position.offset < source.endOffset) {
    const verified = await source.verify(position, maxStepBytes)
    position = verified.position
    total += verified.bytes
    const { offset } = position
    const { endOffset } = source
    yield { progress: { stage: 'batches', bytes: total, offset, endOffset }, bytes: verified.bytes }
  }
}
