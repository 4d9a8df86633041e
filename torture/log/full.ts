import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tally } from './campaign.ts'
import type { Campaign, Row } from './campaign.ts'
import type { Fault } from './faults.ts'
import { judgeCrashOfAll } from './judge.ts'
import type { LogsVerdict } from './judge.ts'
import { apply, emptyState } from './model.ts'
import type { LogState, Step } from './model.ts'
import { Reader, startWriter } from './processes.ts'
import type { Writer } from './processes.ts'
import { seededRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { acknowledgedIn, historiesOf, randomLimits, readJournal, tasksFor } from './scenario.ts'
import type { KnownHistory } from './scenario.ts'
import { smallDisks } from './small-disk.ts'
import type { SmallDisk } from './small-disk.ts'
import { WorkerExit } from './worker.ts'

const roundsOfOneLife = 4
const mostFreeBytes = 2 * 1024 * 1024
const keptFreeBytes = 1024 * 1024
/** More than any of the disks takes. */
const mostSteps = 5000
const stepsAfterwards = 20

/** What a round needs to know and may use. */
interface Round {
  readonly disk: SmallDisk
  readonly path: string
  readonly journal: string
  readonly create: boolean
  readonly states: readonly LogState[]
  readonly reader: Reader
  readonly random: Random
}

/** What a round came to. */
interface Outcome {
  readonly acknowledged: number
  readonly verdict: LogsVerdict
}

/** The disk is full while logs are written to, at some byte of some file, and is freed. */
export const full: Campaign = async ({ rounds, seed, logs = 1, directory, fault, report }) => {
  const random = seededRandom(seed)
  const disks = smallDisks(directory)
  const none = Array.from({ length: logs }, () => emptyState)
  const journal = join(directory, 'full-journal')
  const rows: Row[] = []
  const removeDisks = (): void => disks.forEach((disk) => disk.remove())
  // A mount outlives the process otherwise, also when somebody ends it.
  process.once('exit', removeDisks)
  await using reader = new Reader(directory)
  try {
    for (const [index, disk] of disks.entries()) {
      const tally = new Tally(report)
      const share = Math.floor((rounds + index) / disks.length)
      let states: readonly LogState[] = none
      for (let round = 0; round < share; round += 1) {
        if (round % roundsOfOneLife === 0) states = none
        const path = join(disk.folder, 'log', 'log')
        const create = states === none
        const { acknowledged, verdict } = await fillOnce(
          { disk, path, journal, create, states, reader, random },
          fault,
        )
        tally.acknowledged(acknowledged)
        tally.verdict(verdict, `--full, seed ${seed}, round ${round} on ${disk.name}`)
        states = 'states' in verdict ? verdict.states : none
      }
      rows.push(tally.row('full', disk.name))
    }
  } finally {
    removeDisks()
    process.off('exit', removeDisks)
  }
  return rows
}

async function fillOnce(round: Round, fault: Fault | undefined): Promise<Outcome> {
  const { disk, path, journal, create, states } = round
  if (create) {
    rmSync(join(path, '..'), { recursive: true, force: true })
    mkdirSync(join(path, '..'))
  }
  writeFileSync(journal, '')
  await using writer = startWriter(fault)
  try {
    if (create) await writer.request({ do: 'create', path, journal, logs: states.length })
    return await fillWhileRunning(writer, round)
  } catch (error) {
    // A writer that ends by itself is a verdict on the log, not on the campaign.
    if (error instanceof WorkerExit) return refused(error.message)
    throw error
  } finally {
    disk.free(writer.pid)
  }
}

async function fillWhileRunning(writer: Writer, round: Round): Promise<Outcome> {
  const { disk, path, journal, states, reader, random } = round
  const keepsFree = random.chance(30)
  const minFreeBytes = keepsFree ? keptFreeBytes : 0
  const callers = keepsFree ? 1 : random.between(1, 8)
  const limits = { ...randomLimits(random), minFreeBytes }
  const opened = await writer.request({ do: 'open', path, limits, logs: states.length })
  if (opened.failure !== undefined) return refused(`opening: ${opened.failure}`)
  disk.fill(writer.pid, minFreeBytes + random.between(0, mostFreeBytes))
  const tasks = tasksFor(states, random)
  const run = { do: 'run', journal, tasks, callers, answerAfter: Infinity } as const
  const { failure } = await writer.request({ ...run, maxSteps: mostSteps })
  const histories = historiesOf(tasks, readJournal(journal), callers)
  const acknowledged = acknowledgedIn(histories)
  const expected = histories.map(({ after }) => after)
  if (failure === 'LOG_DISK_FULL') return voteAndClose(writer, round, histories)
  if (failure !== 'LOG_FAILED') return refused(`the full disk ended the run with ${failure}`)

  // The logs must not believe the space that comes back.
  if (random.chance(50)) disk.free(writer.pid)
  const insistingTasks = tasks.map(({ seed }, log) => ({ seed, start: expected[log]! }))
  const insisting = await writer.request({ ...run, tasks: insistingTasks, maxSteps: 3 })
  if (insisting.acknowledged > 0)
    return { acknowledged, verdict: { violation: 'lost', what: 'a failed log acknowledges requests' } }
  const killed = random.chance(50)
  if (killed) await writer.kill()
  else await writer.request({ do: 'close' })
  // Opening may fail while the disk is full, and must do no harm.
  if (random.chance(50)) await reader.read(path, expected)
  disk.free(writer.pid)
  const verdict = judgeCrashOfAll(await reader.read(path, expected), histories)
  if (killed || 'violation' in verdict) return { acknowledged, verdict }
  return goOn(writer, round, verdict.states, acknowledged)
}

/** Logs that refuse batches in good time have not failed, and each takes a vote. */
async function voteAndClose(
  writer: Writer,
  { path, disk, reader, random }: Round,
  before: readonly KnownHistory[],
): Promise<Outcome> {
  const histories = before.map(withVote)
  const { failure } = await writer.request({
    do: 'perform',
    steps: histories.map(({ steps }) => steps.at(-1)!),
  })
  if (failure !== undefined) return refused(`a vote beside a full disk: ${failure}`)
  if (random.chance(50)) await writer.kill()
  else await writer.request({ do: 'close' })
  disk.free(writer.pid)
  const expected = histories.map(({ after }) => after)
  const verdict = judgeCrashOfAll(await reader.read(path, expected), histories)
  return { acknowledged: acknowledgedIn(histories), verdict }
}

/** What was acknowledged, and then a vote. */
function withVote(history: KnownHistory): KnownHistory {
  const epoch = (history.after.hardState?.epoch ?? 0) + 1
  const vote: Step = { call: 'write', hardState: { epoch } }
  const steps = [...history.steps.slice(0, history.acknowledged), vote]
  return { ...history, steps, acknowledged: steps.length, after: apply(history.after, vote) }
}

/** The process that met the full disk opens the logs once more, goes on, and is killed. */
async function goOn(
  writer: Writer,
  { path, journal, reader, random }: Round,
  states: readonly LogState[],
  before: number,
): Promise<Outcome> {
  const limits = { ...randomLimits(random), minFreeBytes: 0 }
  const reopened = await writer.request({ do: 'open', path, limits, logs: states.length })
  if (reopened.failure !== undefined) return refused(`opening once more: ${reopened.failure}`)
  writeFileSync(journal, '')
  const tasks = tasksFor(states, random)
  const run = { journal, tasks, callers: 4, answerAfter: Infinity }
  const { failure } = await writer.request({ do: 'run', ...run, maxSteps: stepsAfterwards })
  if (failure !== undefined) return refused(`writing once more: ${failure}`)
  await writer.kill()
  const histories = historiesOf(tasks, readJournal(journal), 0)
  const expected = histories.map(({ after }) => after)
  return {
    acknowledged: before + acknowledgedIn(histories),
    verdict: judgeCrashOfAll(await reader.read(path, expected), histories),
  }
}

function refused(what: string): Outcome {
  return { acknowledged: 0, verdict: { violation: 'refused', what } }
}
