/** Many logs: all of them in one database, a few to a database, or one database each? */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { createLogSet, openLogSet } from '@quorate/log'
import type { Log, LogSet } from '@quorate/log'
import { closedLoop } from './log/loads.ts'
import { median } from './table.ts'
import type { Benchmark } from './table.ts'

const logs = 200
const callers = 1000

/** What so many databases came to. */
interface Figures {
  readonly appendsPerSecond: number
  readonly openMs: number
}

/** The same appends to the same number of logs, in more and more databases. The peer is one database. */
export const benchmark: Benchmark = async function* ({ runs, seconds }) {
  const directory = await mkdtemp(join(import.meta.dirname, 'node_modules', '.log-databases-'))
  let directories = 0
  const next = (): string => join(directory, String((directories += 1)))
  try {
    for (const databases of [4, 20, logs]) {
      const [one, many]: [Figures[], Figures[]] = [[], []]
      for (let run = 0; run < runs; run += 1) {
        one.push(await measure(next(), 1, seconds))
        many.push(await measure(next(), databases, seconds))
      }
      const peer = 'the same in 1 database'
      const medianOf = (figures: readonly Figures[], name: keyof Figures): number =>
        median(figures.map((figure) => figure[name]))
      yield {
        row: `append 256 B, 1,000 callers, ${logs} logs in ${databases} databases`,
        value: medianOf(many, 'appendsPerSecond'),
        unit: 'appends/s',
        peer,
        peerValue: medianOf(one, 'appendsPerSecond'),
      }
      yield {
        row: `open ${logs} logs in ${databases} databases`,
        value: medianOf(many, 'openMs'),
        unit: 'ms',
        peer,
        peerValue: medianOf(one, 'openMs'),
      }
    }
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function measure(path: string, databases: number, seconds: number): Promise<Figures> {
  const paths = Array.from({ length: databases }, (_, index) => join(path, String(index)))
  await Promise.all(paths.map((each) => createLogSet({ path: each })))
  const payload = randomBytes(256)
  const { sets, opened } = await openAll(paths, async (set, name) => set.create(name))
  let turn = 0
  const appendsPerSecond = await closedLoop(callers, seconds, () => {
    turn = (turn + 1) % logs
    return opened[turn]!.append([{ payload }])
  })
  await Promise.all(sets.map((set) => set.close()))
  const start = performance.now()
  const again = await openAll(paths, async () => {})
  const openMs = performance.now() - start
  await Promise.all(again.sets.map((set) => set.close()))
  return { appendsPerSecond, openMs }
}

/** Opens the sets in `paths`, and in them `logs` logs in turn, after `prepare` was called for each. */
async function openAll(
  paths: readonly string[],
  prepare: (set: LogSet, name: string) => Promise<void>,
): Promise<{ sets: LogSet[]; opened: Log[] }> {
  const sets = await Promise.all(paths.map((path) => openLogSet({ path })))
  const opened = await Promise.all(
    Array.from({ length: logs }, async (_, index) => {
      const set = sets[index % sets.length]!
      await prepare(set, `log-${index}`)
      return set.open(`log-${index}`)
    }),
  )
  return { sets, opened }
}
