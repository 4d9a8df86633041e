import type { LogWrite } from '@quorate/log'
import type { WriteId } from '../core/events.ts'

/** A log write and the newest of the core's writes that it carries. */
export interface MergedWrite {
  readonly id: WriteId
  readonly write: LogWrite
}

/**
 * Joins writes that follow each other into as few as the log can take atomically: within one, a cut comes first.
 */
export function mergeWrites(writes: readonly MergedWrite[]): readonly MergedWrite[] {
  if (writes.length <= 1) return writes
  const merged: {
    id: WriteId
    truncateTo?: number
    batches: LogWrite['batches'][]
    hardState?: LogWrite['hardState']
  }[] = []
  for (const { id, write } of writes) {
    let last = merged.at(-1)
    if (last === undefined || write.truncateTo !== undefined) {
      last = { id, batches: [] }
      if (write.truncateTo !== undefined) last.truncateTo = write.truncateTo
      merged.push(last)
    }
    last.id = id
    if (write.batches !== undefined) last.batches.push(write.batches)
    if (write.hardState !== undefined) last.hardState = write.hardState
  }
  return merged.map(({ id, truncateTo, batches, hardState }) => ({
    id,
    write: {
      ...(truncateTo === undefined ? {} : { truncateTo }),
      ...(batches.length === 0 ? {} : { batches: batches.flatMap((some) => some ?? []) }),
      ...(hardState === undefined ? {} : { hardState }),
    },
  }))
}
