import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Tally } from './campaign.ts'
import type { Campaign } from './campaign.ts'
import { judgeCrashOfAll } from './judge.ts'
import type { LogsVerdict } from './judge.ts'
import { emptyState } from './model.ts'
import type { LogState } from './model.ts'
import { Reader, startWriter } from './processes.ts'
import type { Writer } from './processes.ts'
import { seededRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { acknowledgedIn, historiesOf, randomLimits, readJournal, tasksFor } from './scenario.ts'
import type { RunRequest } from './writer-protocol.ts'

const roundsOfOneLife = 12
const mostAnswers = 80

/** SIGKILL while logs open or are written to: the same logs a dozen times, then new ones. */
export const kill: Campaign = async ({ rounds, seed, logs = 1, directory, fault, report }) => {
  const random = seededRandom(seed)
  const tally = new Tally(report)
  await using reader = new Reader(directory)
  // Half of a round is the time that a process needs to start: the next one does while this one works.
  let standby = startWriter(fault)
  try {
    let life: Life | undefined
    for (let round = 0; round < rounds; round += 1) {
      await using writer = standby
      standby = startWriter(fault)
      if (life === undefined || round % roundsOfOneLife === 0)
        life = await newLife(writer, directory, round, logs, life)
      const verdict = await killOnce(writer, reader, life, random, tally)
      tally.verdict(verdict, `--kill, seed ${seed}, round ${round}, left in ${life.path}`)
      life = 'states' in verdict ? { ...life, states: verdict.states } : undefined
    }
  } finally {
    await standby.kill()
  }
  return [tally.row('kill', 'process')]
}

/** The logs under torture, and what they hold. */
interface Life {
  readonly path: string
  readonly journal: string
  readonly states: readonly LogState[]
}

/** Makes logs in the place of those `before`, which are removed unless something was found there. */
async function newLife(
  writer: Writer,
  directory: string,
  round: number,
  logs: number,
  before: Life | undefined,
): Promise<Life> {
  if (before !== undefined) rmSync(join(before.path, '..'), { recursive: true })
  const folder = join(directory, `kill-${round}`)
  mkdirSync(folder)
  const [path, journal] = [join(folder, 'log'), join(folder, 'journal')]
  await writer.request({ do: 'create', path, journal, logs })
  return { path, journal, states: Array.from({ length: logs }, () => emptyState) }
}

async function killOnce(
  writer: Writer,
  reader: Reader,
  { path, journal, states }: Life,
  random: Random,
  tally: Tally,
): Promise<LogsVerdict> {
  writeFileSync(journal, '')
  const run = { journal, tasks: tasksFor(states, random), callers: random.between(1, 8) }
  const died = await killWhileRunning(writer, path, run, random)
  const histories = historiesOf(run.tasks, readJournal(journal), run.callers)
  tally.acknowledged(acknowledgedIn(histories))
  const maxReadBytes = random.pick([1, 2000, 1024 * 1024])
  if (died !== undefined) return { violation: 'refused', what: died }
  const expected = histories.map(({ after }) => after)
  return judgeCrashOfAll(await reader.read(path, expected, { maxReadBytes }), histories)
}

/** @returns what ended the process, if it was not us */
async function killWhileRunning(
  writer: Writer,
  path: string,
  run: Pick<RunRequest, 'journal' | 'tasks' | 'callers'>,
  random: Random,
): Promise<string | undefined> {
  const limits = randomLimits(random)
  const whileOpening = random.chance(20)
  const answerAfter = random.between(1, mostAnswers)
  const [openingMs, runningMs] = [random.between(0, 15), random.between(0, 4)]
  try {
    const opening = writer.request({ do: 'open', path, limits, logs: run.tasks.length })
    opening.catch(() => undefined)
    if (whileOpening) await delay(openingMs)
    else {
      const opened = await opening
      if (opened.failure !== undefined) return `opening: ${opened.failure}`
      const answer = await writer.request({ do: 'run', ...run, maxSteps: Infinity, answerAfter })
      if (answer.failure !== undefined) return `writing: ${answer.failure}`
      await delay(runningMs)
    }
  } catch (error) {
    return String(error)
  }
  const { signal, said } = await writer.kill()
  return signal === 'SIGKILL' ? undefined : `the process ended by itself: ${said}`
}
