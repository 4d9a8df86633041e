import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog, openLog } from '@quorate/log'
import { median } from '../table.ts'
import type { Row } from '../table.ts'
import { closedLoop } from './loads.ts'

/** Reads a log from end to end, as fast as 1 MiB at a time goes, against the rate at which it was written. */
export async function sequentialRead(path: string, runs: number, seconds: number): Promise<Row> {
  await createLog({ path })
  await using log = await openLog({ path })
  const payload = randomBytes(256)
  const written = await closedLoop(1000, seconds * 2, () => log.append([{ payload }]))
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

/** How long after an append resolved, in a log that is idle otherwise, a tailing reader has the batch. */
export async function tailingLatency(path: string, runs: number, seconds: number): Promise<Row> {
  await createLog({ path })
  await using log = await openLog({ path })
  const payload = randomBytes(256)
  const percentiles: number[] = []
  for (let run = 0; run < runs; run += 1) percentiles.push(await onePercentile(log, payload, seconds))
  return {
    row: 'tailing latency, idle log, p99',
    value: median(percentiles),
    unit: 'ms',
    peer: 'limit',
    peerValue: 2,
    target: 1,
    promise: 'at most',
  }
}

async function onePercentile(
  log: Awaited<ReturnType<typeof openLog>>,
  payload: Uint8Array,
  seconds: number,
): Promise<number> {
  const end = performance.now() + seconds * 1000
  const durableAt = new Map<number, number>()
  const readAt = new Map<number, number>()
  const stop = new AbortController()
  const reader = (async () => {
    for await (const { baseOffset } of log.tail({ from: log.endOffset, signal: stop.signal }))
      readAt.set(baseOffset, performance.now())
  })()
  while (performance.now() < end) {
    const [offset] = await log.append([{ payload }])
    durableAt.set(offset!, performance.now())
    await sleep(2)
  }
  stop.abort()
  await reader
  const waits = [...durableAt].map(([offset, time]) => Math.max(0, (readAt.get(offset) ?? Infinity) - time))
  return waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? Infinity
}
