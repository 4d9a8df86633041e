/** What the log costs above raw LevelDB, and what its group commit gains. Both write with fdatasync, in the same run. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createLog, openLog } from '@quorate/log'
import { Level } from 'level'
import { median } from './table.ts'
import type { Benchmark, Row } from './table.ts'

interface Load {
  readonly row: string
  readonly payloadBytes: number
  readonly callers: number
  readonly unit: 'appends/s' | 'MB/s'
  readonly target: number
}

const loads: readonly Load[] = [
  { row: 'append 256 B, 1 caller', payloadBytes: 256, callers: 1, unit: 'appends/s', target: 0.9 },
  { row: 'append 256 B, 64 callers', payloadBytes: 256, callers: 64, unit: 'appends/s', target: 10 },
  { row: 'append 256 B, 1,000 callers', payloadBytes: 256, callers: 1000, unit: 'appends/s', target: 25 },
  { row: 'append 16 KiB, 16 callers', payloadBytes: 16 * 1024, callers: 16, unit: 'MB/s', target: 0.85 },
  { row: 'append 128 KiB, 16 callers', payloadBytes: 128 * 1024, callers: 16, unit: 'MB/s', target: 0.85 },
]

/** Median of `runs`, each of `seconds` for the log and as long for LevelDB, on new directories. */
export const benchmark: Benchmark = async function* ({ runs, seconds }) {
  // On the disk that the repository is on: the system's temporary directory may be memory.
  const directory = await mkdtemp(join(import.meta.dirname, 'node_modules', '.log-'))
  try {
    for (const load of loads) {
      const [ours, theirs]: [number[], number[]] = [[], []]
      for (let run = 0; run < runs; run += 1) {
        const path = join(directory, `${loads.indexOf(load)}-${run}`)
        theirs.push(inUnit(load, await putRate(`${path}-level`, load, seconds)))
        ours.push(inUnit(load, await appendRate(`${path}-log`, load, seconds)))
      }
      const { row, unit, target } = load
      yield { row, value: median(ours), unit, peer: 'level put(sync)', peerValue: median(theirs), target }
    }
    yield await sequentialRead(join(directory, 'read'), runs, seconds)
  } finally {
    await rm(directory, { recursive: true })
  }
}

function inUnit({ unit, payloadBytes }: Load, perSecond: number): number {
  return unit === 'MB/s' ? (perSecond * payloadBytes) / 1e6 : perSecond
}

/** Calls `action` from that many callers, each again once it resolved. @returns calls a second */
async function closedLoop(callers: number, seconds: number, action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  const end = start + seconds * 1000
  let calls = 0
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      await action()
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return (calls / (performance.now() - start)) * 1000
}

async function appendRate(path: string, { payloadBytes, callers }: Load, seconds: number): Promise<number> {
  await createLog({ path })
  await using log = await openLog({ path })
  const payload = randomBytes(payloadBytes)
  return await closedLoop(callers, seconds, () => log.append([{ payload }]))
}

async function putRate(path: string, { payloadBytes, callers }: Load, seconds: number): Promise<number> {
  await using database = new Level<Uint8Array, Uint8Array>(path, {
    keyEncoding: 'view',
    valueEncoding: 'view',
  })
  await database.open()
  const value = randomBytes(payloadBytes)
  let next = 0
  return await closedLoop(callers, seconds, () => {
    const key = Buffer.alloc(8)
    key.writeUInt32BE(next, 4)
    next += 1
    return database.put(key, value, { sync: true })
  })
}

/** Reads a log from end to end, as fast as 1 MiB at a time goes, against the rate at which it was written. */
async function sequentialRead(path: string, runs: number, seconds: number): Promise<Row> {
  const load = { payloadBytes: 256, callers: 1000 }
  await createLog({ path })
  await using log = await openLog({ path })
  const payload = randomBytes(load.payloadBytes)
  const written = await closedLoop(load.callers, seconds * 2, () => log.append([{ payload }]))
  const rates: number[] = []
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now()
    for (let offset = 0; offset < log.endOffset;) offset += (await log.read(offset)).length
    rates.push((log.endOffset / (performance.now() - start)) * 1000)
  }
  return {
    row: 'sequential read, 256 B batches',
    value: median(rates),
    unit: 'batches/s',
    peer: 'append, 1,000 callers',
    peerValue: written,
    target: 3,
  }
}
