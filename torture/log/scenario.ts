import { readFileSync } from 'node:fs'
import { lastAcknowledged, lastBeginning, parseJournal } from './journal.ts'
import type { JournalEvent } from './journal.ts'
import type { LogLimits } from './logs.ts'
import { apply } from './model.ts'
import type { History } from './judge.ts'
import type { LogState, Step } from './model.ts'
import type { Random } from '../random.ts'
import { Workload } from './workload.ts'
import type { Task } from './writer-protocol.ts'

/** How a log is opened: with small limits most of the time, so that every boundary is met often. */
export function randomLimits(random: Random): LogLimits {
  return {
    maxChunkBytes: random.pick([500, 20_000, 256 * 1024]),
    maxWriteBatches: random.pick([3, 100, 16_384]),
    segmentBytes: random.pick([2000, 100_000, 64 * 1024 * 1024]),
    highWaterIntervalMs: random.pick([1, 20, 1000]),
  }
}

/** A history, and what the log held when the last of its requests was acknowledged. */
export interface KnownHistory extends History {
  readonly after: LogState
}

/** A task of its own for each of the logs that hold `states`. */
export function tasksFor(states: readonly LogState[], random: Random): Task[] {
  return states.map((start) => ({ seed: random.seed(), start }))
}

/**
 * What a writer with `tasks` asked of its logs, by the `journal` of its life so far: requests of their workloads, of
 * which `callers` may be under way in each log.
 */
export function historiesOf(
  tasks: readonly Task[],
  journal: readonly JournalEvent[],
  callers: number,
): KnownHistory[] {
  return tasks.map((task, log) => historyOf(task, log, journal, callers))
}

/** Requests that were acknowledged in all of `histories`. */
export function acknowledgedIn(histories: readonly History[]): number {
  return histories.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
}

/** The journal in the file `path`. */
export function readJournal(path: string): JournalEvent[] {
  return parseJournal(readFileSync(path, 'utf8'))
}

function historyOf(
  { seed, start }: Task,
  log: number,
  journal: readonly JournalEvent[],
  callers: number,
): KnownHistory {
  const acknowledged = lastAcknowledged(journal, log)
  const workload = new Workload(seed, start)
  const steps: Step[] = []
  while (steps.length < acknowledged + callers) steps.push(workload.next())
  let after = start
  for (const step of steps.slice(0, acknowledged)) after = apply(after, step)
  return { start, steps, acknowledged, begins: lastBeginning(journal, log), after }
}
