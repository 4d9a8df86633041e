import { z } from 'zod'
import { nextOffset } from './batch.ts'
import type { Batch, Offset } from './batch.ts'
import { LogError } from './errors.ts'
import type { LogChanges } from './log-changes.ts'
import type { TailOptions } from './log.ts'
import { parse } from './options.ts'
import type { RaftLog } from './raft-log.ts'
import { defaultMaxReadBytes } from './selection.ts'

const schema = z.strictObject({
  from: z.int().min(0).optional(),
  maxBytes: z.int().min(0).default(defaultMaxReadBytes),
  onTruncate: z
    .custom<(endOffset: Offset) => void>((value) => typeof value === 'function', 'must be a function')
    .default(() => throwTruncated),
  signal: z.instanceof(AbortSignal).optional(),
})

type ReadableLog = Pick<RaftLog, 'startOffset' | 'endOffset' | 'read'>

/** `Log.tail`, for any log that says what `changes`. @throws TypeError for options that make no sense */
export function tailOf(
  log: ReadableLog,
  changes: LogChanges,
  options: TailOptions = {},
): AsyncGenerator<Batch, void, undefined> {
  return follow(log, changes, parse(schema, options))
}

async function* follow(
  log: ReadableLog,
  changes: LogChanges,
  { from, maxBytes, onTruncate, signal }: z.output<typeof schema>,
): AsyncGenerator<Batch, void, undefined> {
  const watch = changes.watch()
  const over = (): boolean => signal?.aborted === true || changes.writer === 'closed'
  try {
    let position = from ?? log.startOffset
    while (!over()) {
      const cut = watch.takeLowestCut()
      if (cut < position) {
        position = cut
        onTruncate(cut)
        continue
      }
      if (position === log.endOffset) {
        if (typeof changes.writer === 'object') throw changes.writer.failure
        await watch.changed(signal)
        continue
      }
      const overtaken = (end: Offset): boolean => over() || watch.lowestCut < end
      for (const batch of await readUnless(overtaken, log, position, maxBytes)) {
        // While the consumer was busy the rest of what was read may have been cut off, or dropped.
        if (overtaken(nextOffset(batch)) || position < log.startOffset) break
        position = nextOffset(batch)
        yield batch
      }
    }
  } finally {
    watch.unwatch()
  }
}

/** A log that is closed, or cut below `position`, during the read need not have what was asked for. */
async function readUnless(
  overtaken: (end: Offset) => boolean,
  log: ReadableLog,
  position: Offset,
  maxBytes: number,
): Promise<readonly Batch[]> {
  try {
    return await log.read(position, { maxBytes })
  } catch (error) {
    if (overtaken(position)) return []
    throw error
  }
}

function throwTruncated(endOffset: Offset): never {
  const message = `the log was cut at ${endOffset}, below what was read: undo what was done from there on`
  throw new LogError('LOG_TRUNCATED', message, { endOffset })
}
