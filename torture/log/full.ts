import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tally } from './campaign.ts'
import type { Campaign, Row } from './campaign.ts'
import type { Fault } from './faults.ts'
import { judgeCrash } from './judge.ts'
import type { History, Verdict } from './judge.ts'
import { apply, emptyState } from './model.ts'
import type { LogState, Step } from './model.ts'
import { Reader, startWriter } from './processes.ts'
import type { Writer } from './processes.ts'
import { seededRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { historyOf, randomLimits, readJournal } from './scenario.ts'
import { smallDisks } from './small-disk.ts'
import type { SmallDisk } from './small-disk.ts'
import { WorkerExit } from './worker.ts'

const roundsOfOneLog = 4
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
  readonly start: LogState
  readonly reader: Reader
  readonly random: Random
}

/** What a round came to. */
interface Outcome {
  readonly acknowledged: number
  readonly verdict: Verdict
}

/** The disk is full while a log is written to, at some byte of some file, and is freed. */
export const full: Campaign = async ({ rounds, seed, directory, fault, report }) => {
  const random = seededRandom(seed)
  const disks = smallDisks(directory)
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
      let start = emptyState
      for (let round = 0; round < share; round += 1) {
        if (round % roundsOfOneLog === 0) start = emptyState
        const path = join(disk.folder, 'log', 'log')
        const create = start === emptyState
        const { acknowledged, verdict } = await fillOnce(
          { disk, path, journal, create, start, reader, random },
          fault,
        )
        tally.acknowledged(acknowledged)
        tally.verdict(verdict, `--full, seed ${seed}, round ${round} on ${disk.name}`)
        start = 'state' in verdict ? verdict.state : emptyState
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
  const { disk, path, journal, create } = round
  if (create) {
    rmSync(join(path, '..'), { recursive: true, force: true })
    mkdirSync(join(path, '..'))
  }
  writeFileSync(journal, '')
  await using writer = startWriter(fault)
  try {
    if (create) await writer.request({ do: 'create', path, journal })
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
  const { disk, path, journal, start, reader, random } = round
  const keepsFree = random.chance(30)
  const minFreeBytes = keepsFree ? keptFreeBytes : 0
  const callers = keepsFree ? 1 : random.between(1, 8)
  const opened = await writer.request({ do: 'open', path, limits: { ...randomLimits(random), minFreeBytes } })
  if (opened.failure !== undefined) return refused(`opening: ${opened.failure}`)
  disk.fill(writer.pid, minFreeBytes + random.between(0, mostFreeBytes))
  const run = { do: 'run', journal, seed: random.seed(), start, callers, answerAfter: Infinity } as const
  const { failure } = await writer.request({ ...run, maxSteps: mostSteps })
  const history = historyOf(run.seed, start, readJournal(journal), callers)
  if (failure === 'LOG_DISK_FULL') return voteAndClose(writer, round, history)
  if (failure !== 'LOG_FAILED') return refused(`the full disk ended the run with ${failure}`)

  // The log must not believe the space that comes back.
  if (random.chance(50)) disk.free(writer.pid)
  const insisting = await writer.request({ ...run, start: history.after, maxSteps: 3 })
  if (insisting.acknowledged > 0)
    return {
      acknowledged: history.acknowledged,
      verdict: { violation: 'lost', what: 'a failed log acknowledges requests' },
    }
  const killed = random.chance(50)
  if (killed) await writer.kill()
  else await writer.request({ do: 'close' })
  // Opening may fail while the disk is full, and must do no harm.
  if (random.chance(50)) await reader.read(path, history.after)
  disk.free(writer.pid)
  const verdict = judgeCrash(await reader.read(path, history.after), history)
  if (killed || 'violation' in verdict) return { acknowledged: history.acknowledged, verdict }
  return goOn(writer, round, verdict.state, history.acknowledged)
}

/** A log that refuses batches in good time has not failed, and takes a vote. */
async function voteAndClose(
  writer: Writer,
  { path, disk, reader, random }: Round,
  history: History & { readonly after: LogState },
): Promise<Outcome> {
  const epoch = (history.after.hardState?.epoch ?? 0) + 1
  const step: Step = { call: 'write', hardState: { epoch } }
  const { failure } = await writer.request({ do: 'perform', step })
  if (failure !== undefined) return refused(`a vote beside a full disk: ${failure}`)
  if (random.chance(50)) await writer.kill()
  else await writer.request({ do: 'close' })
  disk.free(writer.pid)
  const after = apply(history.after, step)
  const steps = [...history.steps.slice(0, history.acknowledged), step]
  const acknowledged = steps.length
  const verdict = judgeCrash(await reader.read(path, after), { ...history, steps, acknowledged })
  return { acknowledged, verdict }
}

/** The process that met the full disk opens the log once more, goes on, and is killed. */
async function goOn(
  writer: Writer,
  { path, journal, reader, random }: Round,
  start: LogState,
  before: number,
): Promise<Outcome> {
  const limits = { ...randomLimits(random), minFreeBytes: 0 }
  const reopened = await writer.request({ do: 'open', path, limits })
  if (reopened.failure !== undefined) return refused(`opening once more: ${reopened.failure}`)
  writeFileSync(journal, '')
  const run = { journal, seed: random.seed(), start, callers: 4, answerAfter: Infinity }
  const { failure } = await writer.request({ do: 'run', ...run, maxSteps: stepsAfterwards })
  if (failure !== undefined) return refused(`writing once more: ${failure}`)
  await writer.kill()
  const history = historyOf(run.seed, start, readJournal(journal), 0)
  return {
    acknowledged: before + history.acknowledged,
    verdict: judgeCrash(await reader.read(path, history.after), history),
  }
}

function refused(what: string): Outcome {
  return { acknowledged: 0, verdict: { violation: 'refused', what } }
}
