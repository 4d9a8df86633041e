/** Three raft-kv processes under load, whose leader is killed, stopped, cut off, or asked to hand over: how long nothing is committed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fault, type Round, runRounds } from './failover/rounds.ts'
import { median, type Benchmark, type Row } from './table.ts'

/** The default of `@quorate/raft`, which every node here runs with. */
const fetchTimeoutMs = 2_000

const faults: readonly { readonly fault: Fault; readonly name: string; readonly promises: Promises }[] = [
  { fault: 'kill', name: 'SIGKILL', promises: { medianMs: 200, callMs: 1_000 } },
  { fault: 'stop', name: 'SIGSTOP', promises: { worstMs: 1.5 * fetchTimeoutMs } },
  { fault: 'cut', name: 'cable cut', promises: { worstMs: 1.5 * fetchTimeoutMs } },
  { fault: 'transfer', name: 'transfer', promises: { medianMs: 50 } },
]

/** What is promised of a fault; the other figures are only shown. */
interface Promises {
  readonly medianMs?: number
  readonly worstMs?: number
  /** Until a call that was under way has its outcome. */
  readonly callMs?: number
}

/** `rounds` of each fault, on new directories. Clients see the same API as everybody: HTTP, and a client that looks for the leader. */
export const benchmark: Benchmark = async function* ({ rounds }) {
  for (const { fault, name, promises } of faults) {
    // On the disk that the repository is on: the system's temporary directory may be memory.
    const directory = await mkdtemp(join(import.meta.dirname, 'node_modules', '.failover-'))
    const results: Round[] = []
    try {
      for await (const round of runRounds({ fault, rounds, directory })) results.push(round)
    } finally {
      await rm(directory, { recursive: true })
    }
    const gaps = results.map(({ gapMs }) => gapMs)
    yield row(`${name}: no commit, median`, median(gaps), promises.medianMs)
    yield row(`${name}: no commit, worst`, Math.max(...gaps), promises.worstMs)
    const slowestCallMs = Math.max(...results.map((result) => result.slowestCallMs))
    yield row(`${name}: call under way, worst`, slowestCallMs, promises.callMs)
    if (fault !== 'stop' && fault !== 'cut') continue
    const wrongAnswers = results.reduce((sum, result) => sum + result.wrongAnswers, 0)
    yield {
      row: `${name}: wrong answers of the old leader`,
      value: wrongAnswers,
      unit: 'answers',
      peer: 'none allowed',
      peerValue: 1,
      target: 0,
      promise: 'at most',
    }
  }
}

function row(name: string, value: number, promisedMs: number | undefined): Row {
  const row = { row: name, value, unit: 'ms', promise: 'at most' } as const
  if (promisedMs === undefined) return { ...row, peer: 'the fetch timeout', peerValue: fetchTimeoutMs }
  return { ...row, peer: 'promised', peerValue: promisedMs, target: 1 }
}
