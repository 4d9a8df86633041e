import { readFileSync } from 'node:fs'
import { lastAcknowledged, lastBeginning, parseJournal } from './journal.ts'
import type { JournalEvent } from './journal.ts'
import { apply } from './model.ts'
import type { History } from './judge.ts'
import type { LogState, Step } from './model.ts'
import type { Random } from '../random.ts'
import { Workload } from './workload.ts'
import type { LogLimits } from './writer-protocol.ts'

/** How a log is opened: with small limits most of the time, so that every boundary is met often. */
export function randomLimits(random: Random): LogLimits {
  return {
    maxChunkBytes: random.pick([500, 20_000, 256 * 1024]),
    maxWriteBatches: random.pick([3, 100, 16_384]),
    segmentBytes: random.pick([2000, 100_000, 64 * 1024 * 1024]),
    highWaterIntervalMs: random.pick([1, 20, 1000]),
  }
}

/**
 * What a writer asked of a log that held `start`, by the `journal` of its life so far: requests of the workload `seed`, of
 * which `callers` may be under way. `after` is what the log held when the last of them was acknowledged.
 */
export function historyOf(
  seed: number,
  start: LogState,
  journal: readonly JournalEvent[],
  callers: number,
): History & { readonly after: LogState } {
  const acknowledged = lastAcknowledged(journal)
  const workload = new Workload(seed, start)
  const steps: Step[] = []
  while (steps.length < acknowledged + callers) steps.push(workload.next())
  let after = start
  for (const step of steps.slice(0, acknowledged)) after = apply(after, step)
  return { start, steps, acknowledged, begins: lastBeginning(journal), after }
}

/** The journal in the file `path`. */
export function readJournal(path: string): JournalEvent[] {
  return parseJournal(readFileSync(path, 'utf8'))
}
