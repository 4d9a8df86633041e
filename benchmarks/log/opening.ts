import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createLog, createLogSet, openLog, openLogSet } from '@quorate/log'
import { median } from '../table.ts'
import type { Row } from '../table.ts'

/** How long it takes to open a large log, and how much memory the process has then. */
export async function* largeLog(path: string, runs: number, gigabytes: number): AsyncGenerator<Row> {
  await createLog({ path })
  const log = await openLog({ path })
  const payload = randomBytes(128 * 1024)
  const batches = Math.ceil((gigabytes * 1e9) / payload.byteLength)
  for (let appended = 0; appended < batches; appended += 16)
    await Promise.all(Array.from({ length: 16 }, () => log.append([{ payload }])))
  await log.close()
  const opened = await openings('log', path, runs)
  const row = `open a log of ${gigabytes} GB`
  yield {
    row,
    value: opened.milliseconds,
    unit: 'ms',
    peer: 'limit',
    peerValue: 300,
    target: 1,
    promise: 'at most',
  }
  yield {
    row: `${row}, memory of the process`,
    value: opened.megabytes,
    unit: 'MB',
    peer: 'limit',
    peerValue: 200,
    target: 1,
    promise: 'at most',
  }
}

/** How long it takes to open a set of `logs` logs that have each been written to, and all of them. */
export async function manyLogs(path: string, runs: number, logs: number): Promise<Row> {
  await createLogSet({ path })
  const set = await openLogSet({ path })
  const names = Array.from({ length: logs }, (_, index) => `log-${index}`)
  await Promise.all(names.map((name) => set.create(name)))
  const opened = await Promise.all(names.map((name) => set.open(name)))
  const payload = randomBytes(256)
  for (let round = 0; round < 20; round += 1)
    await Promise.all(opened.map((log) => log.append([{ payload }])))
  await set.close()
  const { milliseconds } = await openings('set', path, runs)
  return {
    row: `open a set of ${logs} logs, and all of them`,
    value: milliseconds,
    unit: 'ms',
    peer: 'limit',
    peerValue: 1000,
    target: 1,
    promise: 'at most',
  }
}

interface Opening {
  readonly milliseconds: number
  readonly megabytes: number
}

async function openings(kind: 'log' | 'set', path: string, runs: number): Promise<Opening> {
  const child = fileURLToPath(new URL('open-child.ts', import.meta.url))
  const found: Opening[] = []
  for (let run = 0; run < runs; run += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [child, kind, path])
    found.push(JSON.parse(stdout) as Opening)
  }
  return {
    milliseconds: median(found.map(({ milliseconds }) => milliseconds)),
    megabytes: median(found.map(({ megabytes }) => megabytes)),
  }
}
