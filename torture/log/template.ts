import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { statesOf } from './judge.ts'
import { emptyState } from './model.ts'
import type { LogState } from './model.ts'
import { startWriter } from './processes.ts'
import type { Random } from '../random.ts'
import { acknowledgedIn, historiesOf, randomLimits, readJournal, tasksFor } from './scenario.ts'

/** Logs that are there to be damaged, and what they must hold. */
export interface Template {
  /** Folder with the logs in it. */
  readonly folder: string
  /** Whether the logs were closed, or the process killed after its last request was acknowledged. */
  readonly closed: boolean
  /** The states of each log after every request, the last of which is acknowledged like all others. */
  readonly states: readonly (readonly LogState[])[]
}

/** Requests to each log in each session: from one short one to one in which LevelDB writes tables as it goes. */
export const shapes: readonly (readonly number[])[] = [[40], [30, 30, 60], [500], [450, 200]]

/** Makes so many logs, session by session, with one request at a time in each. */
export async function makeTemplate(
  folder: string,
  logs: number,
  sessions: readonly number[],
  closed: boolean,
  random: Random,
): Promise<Template> {
  mkdirSync(folder)
  const path = join(folder, 'log')
  const journal = `${folder}-journal`
  const states: LogState[][] = Array.from({ length: logs }, () => [emptyState])
  for (const [session, steps] of sessions.entries()) {
    const tasks = tasksFor(
      states.map((own) => own.at(-1)!),
      random,
    )
    await using writer = startWriter(undefined)
    writeFileSync(journal, '')
    if (session === 0) await writer.request({ do: 'create', path, journal, logs })
    await writer.request({ do: 'open', path, limits: randomLimits(random), logs })
    const run = { journal, tasks, callers: 1, maxSteps: steps, answerAfter: Infinity } as const
    const { failure } = await writer.request({ do: 'run', ...run })
    const histories = historiesOf(tasks, readJournal(journal), 0)
    const taken = acknowledgedIn(histories)
    if (failure !== undefined || taken !== logs * steps)
      throw new Error(`healthy logs took ${taken} of ${logs * steps} requests: ${failure}`)
    if (closed || session < sessions.length - 1) await writer.request({ do: 'close' })
    for (const [log, history] of histories.entries()) states[log]!.push(...statesOf(history).slice(1))
  }
  return { folder, closed, states }
}
