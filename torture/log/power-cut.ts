import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tally } from './campaign.ts'
import type { Campaign } from './campaign.ts'
import type { Fault } from './faults.ts'
import { judgeCrashOfAll } from './judge.ts'
import type { JournalEvent } from './journal.ts'
import { emptyState } from './model.ts'
import type { LogState } from './model.ts'
import { Reader, startWriter } from './processes.ts'
import { seededRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { acknowledgedIn, historiesOf, randomLimits, readJournal, tasksFor } from './scenario.ts'
import { surviving } from './surviving.ts'
import type { Disk } from './surviving.ts'
import { compileRecorder, recorded } from './sync-recorder.ts'
import { contentsOf, diskOf, layOut } from './torn-disk.ts'
import type { Task } from './writer-protocol.ts'

const cutsOfOneRun = 25
const mostSteps = 200
const generations = 5

/** A recorded run: what the disk was before, what happened to it, and who asked for what. */
interface Run {
  readonly disk: Disk
  readonly events: readonly JournalEvent[]
  readonly contents: ReadonlyMap<number, string>
  readonly sizes: ReadonlyMap<number, number>
  readonly tasks: readonly Task[]
  readonly callers: number
  /** Whether the logs were made in this run. */
  readonly created: boolean
}

/**
 * The power goes while logs open or are written to.
 *
 * A process writes under the sync recorder and is killed. Then, for many moments of its life, the folder is laid out as
 * a power cut at that moment may have left it: what was not synced is there in part, as garbage, or not at all, and the
 * same goes for directory entries. One of these folders is where the next process goes on.
 */
export const powerCut: Campaign = async ({ rounds, seed, logs = 1, directory, fault, report }) => {
  const random = seededRandom(seed)
  const tally = new Tally(report)
  const library = await compileRecorder(directory)
  await using reader = new Reader(directory)
  const none = Array.from({ length: logs }, () => emptyState)
  let states: readonly LogState[] = none
  let generation = 0
  const folder = join(directory, 'power-cut')
  const under = join(folder, 'disk')
  mkdirSync(under, { recursive: true })
  while (tally.rounds < rounds) {
    const run = await record(folder, library, generation === 0, states, fault, random)
    let survivors: readonly LogState[] | undefined
    const cuts = Math.min(cutsOfOneRun, rounds - tally.rounds)
    for (let index = 0; index < cuts; index += 1) {
      const cut = pickCut(run.events, random)
      const layoutSeed = random.seed()
      const to = join(folder, 'cut')
      rmSync(to, { recursive: true, force: true })
      layOutCut(run, cut, under, to, layoutSeed)

      const past = run.events.slice(0, cut)
      // Each caller has a request that is synced and not yet acknowledged, or one more in the torn tail of the file.
      const histories = historiesOf(run.tasks, past, 2 * run.callers)
      tally.acknowledged(acknowledgedIn(histories))
      // Logs whose making was cut short can be made again.
      const create = run.created && !past.some(({ type }) => type === 'created')
      const expected = histories.map(({ after }) => after)
      const observed = await reader.read(join(to, 'log'), expected, { create })
      const verdict = judgeCrashOfAll(observed, histories)
      const kept = join(directory, `power-cut-violation-${tally.rounds}`)
      if (tally.verdict(verdict, `--power-cut, seed ${seed}, cut at ${cut}, left in ${kept}`)) {
        if ('states' in verdict && index === cuts - 1) survivors = verdict.states
      } else {
        layOutCut(run, cut, under, kept, layoutSeed)
        writeFileSync(join(kept, 'journal.json'), JSON.stringify(past))
        writeFileSync(join(kept, 'histories.json'), JSON.stringify(histories))
      }
    }
    generation = survivors === undefined || generation === generations ? 0 : generation + 1
    states = generation === 0 ? none : survivors!
    rmSync(under, { recursive: true })
    if (generation === 0) mkdirSync(under)
    else renameSync(join(folder, 'cut'), under)
  }
  rmSync(folder, { recursive: true })
  return [tally.row('power-cut', 'machine')]
}

/** Lets a process write to the logs in `folder`/disk, new ones if `create`, and kills it. */
async function record(
  folder: string,
  library: string,
  create: boolean,
  states: readonly LogState[],
  fault: Fault | undefined,
  random: Random,
): Promise<Run> {
  const under = join(folder, 'disk')
  const graves = join(folder, 'graves')
  const journal = join(folder, 'journal')
  rmSync(graves, { recursive: true, force: true })
  mkdirSync(graves)
  writeFileSync(journal, '')
  const disk = diskOf(under)
  const path = join(under, 'log')
  const logs = states.length
  const tasks = tasksFor(states, random)
  const [callers, answerAfter] = [random.between(1, 8), random.between(1, mostSteps)]

  await using writer = startWriter(fault, recorded(library, { under, journal, graves }))
  if (create) await writer.request({ do: 'create', path, journal, logs })
  const opened = await writer.request({ do: 'open', path, limits: randomLimits(random), logs })
  if (opened.failure !== undefined) throw new Error(`the writer could not open the logs: ${opened.failure}`)
  await writer.request({ do: 'run', journal, tasks, callers, maxSteps: Infinity, answerAfter })
  await writer.kill()

  const contents = contentsOf(under, graves)
  const sizes = new Map(
    [...diskOf(under).files, ...diskOf(graves).files].map(([, { inode, bytes }]) => [inode, bytes]),
  )
  return {
    disk,
    events: readJournal(journal),
    contents,
    sizes,
    tasks,
    callers,
    created: create,
  }
}

/** Half of the cuts come right after a change of the directory: that is where mistakes hide. */
function pickCut(events: readonly JournalEvent[], random: Random): number {
  const first = random.chance(5) ? 0 : events.findIndex(({ type }) => type === 'created') + 1
  const afterChanges = events.flatMap((event, index) =>
    'path' in event && index >= first ? [index + 1] : [],
  )
  if (afterChanges.length > 0 && random.chance(50)) return random.pick(afterChanges)
  return random.between(first, events.length)
}

function layOutCut(run: Run, cut: number, under: string, to: string, seed: number): void {
  const random = seededRandom(seed)
  const fileSystem = random.pick(['ordered', 'lazy'] as const)
  const files = surviving({ ...run, cut, fileSystem }, random)
  layOut(files, run.contents, under, to, random)
}
