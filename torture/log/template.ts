import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { statesOf } from './judge.ts'
import { emptyState } from './model.ts'
import type { LogState } from './model.ts'
import { startWriter } from './processes.ts'
import type { Random } from '../random.ts'
import { historyOf, randomLimits, readJournal } from './scenario.ts'

/** A log that is there to be damaged, and what it must hold. */
export interface Template {
  /** Folder with the log in it. */
  readonly folder: string
  /** Whether the log was closed, or the process killed after its last request was acknowledged. */
  readonly closed: boolean
  /** The state after every request, the last of which is acknowledged like all others. */
  readonly states: readonly LogState[]
}

/** Requests of each session of a log: from one short one to one in which LevelDB writes tables as it goes. */
export const shapes: readonly (readonly number[])[] = [[40], [30, 30, 60], [500], [450, 200]]

/** Makes a log, session by session, with one request at a time. */
export async function makeTemplate(
  folder: string,
  sessions: readonly number[],
  closed: boolean,
  random: Random,
): Promise<Template> {
  mkdirSync(folder)
  const path = join(folder, 'log')
  const journal = `${folder}-journal`
  const states: LogState[] = [emptyState]
  for (const [session, steps] of sessions.entries()) {
    const seed = random.seed()
    const start = states.at(-1)!
    await using writer = startWriter(undefined)
    writeFileSync(journal, '')
    if (session === 0) await writer.request({ do: 'create', path, journal })
    await writer.request({ do: 'open', path, limits: randomLimits(random) })
    const run = { journal, seed, start, callers: 1, maxSteps: steps, answerAfter: Infinity } as const
    const { failure } = await writer.request({ do: 'run', ...run })
    const history = historyOf(seed, start, readJournal(journal), 0)
    if (failure !== undefined || history.acknowledged !== steps)
      throw new Error(`a healthy log took ${history.acknowledged} of ${steps} requests: ${failure}`)
    if (closed || session < sessions.length - 1) await writer.request({ do: 'close' })
    states.push(...statesOf(history).slice(1))
  }
  return { folder, closed, states }
}
