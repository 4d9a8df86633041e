import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Tally } from './campaign.ts'
import type { Campaign } from './campaign.ts'
import { judgeCrash } from './judge.ts'
import type { Verdict } from './judge.ts'
import { emptyState } from './model.ts'
import type { LogState } from './model.ts'
import { Reader, startWriter } from './processes.ts'
import type { Writer } from './processes.ts'
import { seededRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { historyOf, randomLimits, readJournal } from './scenario.ts'
import type { RunRequest } from './writer-protocol.ts'

const roundsOfOneLog = 12
const mostAnswers = 80

/** SIGKILL while a log opens or is written to: the same log a dozen times, then a new one. */
export const kill: Campaign = async ({ rounds, seed, directory, fault, report }) => {
  const random = seededRandom(seed)
  const tally = new Tally(report)
  await using reader = new Reader(directory)
  // Half of a round is the time that a process needs to start: the next one does while this one works.
  let standby = startWriter(fault)
  try {
    let log: TortureLog | undefined
    for (let round = 0; round < rounds; round += 1) {
      await using writer = standby
      standby = startWriter(fault)
      if (log === undefined || round % roundsOfOneLog === 0) log = await newLog(writer, directory, round, log)
      const verdict = await killOnce(writer, reader, log, random, tally)
      tally.verdict(verdict, `--kill, seed ${seed}, round ${round}, left in ${log.path}`)
      log = 'state' in verdict ? { ...log, state: verdict.state } : undefined
    }
  } finally {
    await standby.kill()
  }
  return [tally.row('kill', 'process')]
}

/** The log under torture, and what it holds. */
interface TortureLog {
  readonly path: string
  readonly journal: string
  readonly state: LogState
}

/** Makes a log in the place of `before`, which is removed unless something was found there. */
async function newLog(
  writer: Writer,
  directory: string,
  round: number,
  before: TortureLog | undefined,
): Promise<TortureLog> {
  if (before !== undefined) rmSync(join(before.path, '..'), { recursive: true })
  const folder = join(directory, `kill-${round}`)
  mkdirSync(folder)
  const log = { path: join(folder, 'log'), journal: join(folder, 'journal'), state: emptyState }
  await writer.request({ do: 'create', path: log.path, journal: log.journal })
  return log
}

async function killOnce(
  writer: Writer,
  reader: Reader,
  { path, journal, state }: TortureLog,
  random: Random,
  tally: Tally,
): Promise<Verdict> {
  writeFileSync(journal, '')
  const run = { journal, seed: random.seed(), start: state, callers: random.between(1, 8) }
  const died = await killWhileRunning(writer, path, run, random)
  const history = historyOf(run.seed, state, readJournal(journal), run.callers)
  tally.acknowledged(history.acknowledged)
  const maxReadBytes = random.pick([1, 2000, 1024 * 1024])
  if (died !== undefined) return { violation: 'refused', what: died }
  return judgeCrash(await reader.read(path, history.after, { maxReadBytes }), history)
}

/** @returns what ended the process, if it was not us */
async function killWhileRunning(
  writer: Writer,
  path: string,
  run: Pick<RunRequest, 'journal' | 'seed' | 'start' | 'callers'>,
  random: Random,
): Promise<string | undefined> {
  const limits = randomLimits(random)
  const whileOpening = random.chance(20)
  const answerAfter = random.between(1, mostAnswers)
  const [openingMs, runningMs] = [random.between(0, 15), random.between(0, 4)]
  try {
    const opening = writer.request({ do: 'open', path, limits })
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
