/**
 * What the log costs above raw LevelDB, and what its group commit gains. Everything writes with fdatasync, to the same
 * disk, in the same run.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { appendRate, bareGroupCommitRate, datasyncRate, putRate, setAppendRate } from './log/loads.ts'
import type { Load } from './log/loads.ts'
import { largeLog, manyLogs } from './log/opening.ts'
import { sequentialRead, tailingLatency } from './log/reading.ts'
import { median } from './table.ts'
import type { Benchmark, Row } from './table.ts'

interface AppendLoad extends Load {
  readonly row: string
  readonly unit: 'appends/s' | 'MB/s'
  readonly target: number
}

const loads: readonly AppendLoad[] = [
  { row: 'append 256 B, 1 caller', payloadBytes: 256, callers: 1, unit: 'appends/s', target: 0.9 },
  { row: 'append 256 B, 64 callers', payloadBytes: 256, callers: 64, unit: 'appends/s', target: 10 },
  { row: 'append 256 B, 1,000 callers', payloadBytes: 256, callers: 1000, unit: 'appends/s', target: 25 },
  { row: 'append 16 KiB, 16 callers', payloadBytes: 16 * 1024, callers: 16, unit: 'MB/s', target: 0.85 },
  { row: 'append 128 KiB, 16 callers', payloadBytes: 128 * 1024, callers: 16, unit: 'MB/s', target: 0.85 },
]

const spreads: readonly { readonly logs: number; readonly target?: number }[] = [
  { logs: 100, target: 0.5 },
  { logs: 2000 },
]

/** Medians of `runs`, each of `seconds` for the log and as long for its peer, on new directories. */
export const benchmark: Benchmark = async function* ({ runs, seconds, gigabytes }) {
  // On the disk that the repository is on: the system's temporary directory may be memory.
  const directory = await mkdtemp(join(import.meta.dirname, 'node_modules', '.log-'))
  let directories = 0
  const next = (): string => join(directory, String((directories += 1)))
  try {
    yield await compared(
      { row: 'write and fdatasync of a file, 256 B', unit: 'writes/s', peer: 'level put(sync), 1 caller' },
      runs,
      () => datasyncRate(next(), 256, seconds),
      () => putRate(next(), { payloadBytes: 256, callers: 1 }, seconds),
    )
    for (const { row, unit, target, ...load } of loads) {
      const scale = unit === 'MB/s' ? load.payloadBytes / 1e6 : 1
      yield await compared(
        { row, unit, peer: 'level put(sync)', target },
        runs,
        async () => scale * (await appendRate(next(), load, seconds)),
        async () => scale * (await putRate(next(), load, seconds)),
      )
    }
    for (const callers of [64, 1000])
      yield await compared(
        {
          row: `append 256 B, ${callers.toLocaleString('en')} callers`,
          unit: 'appends/s',
          peer: 'bare group commit on level',
        },
        runs,
        () => appendRate(next(), { payloadBytes: 256, callers }, seconds),
        () => bareGroupCommitRate(next(), { payloadBytes: 256, callers }, seconds),
      )
    const load = { payloadBytes: 256, callers: 1000 }
    for (const { logs, ...promise } of spreads)
      yield await compared(
        {
          row: `append 256 B, 1,000 callers, ${logs} logs of a set`,
          unit: 'appends/s',
          peer: 'one log of a set',
          ...promise,
        },
        runs,
        () => setAppendRate(next(), load, logs, seconds),
        () => setAppendRate(next(), load, 1, seconds),
      )
    yield await sequentialRead(next(), runs, seconds)
    yield await tailingLatency(next(), runs, seconds)
    yield await manyLogs(next(), runs, 2000)
    yield* largeLog(next(), runs, gigabytes)
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Measures ours and theirs in turn, so that whatever else the machine does befalls both. */
async function compared(
  about: Omit<Row, 'value' | 'peerValue'>,
  runs: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Row> {
  const values: number[] = []
  const peerValues: number[] = []
  for (let run = 0; run < runs; run += 1) {
    peerValues.push(await theirs())
    values.push(await ours())
  }
  return { ...about, value: median(values), peerValue: median(peerValues) }
}
