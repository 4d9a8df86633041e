import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KeyValueClient } from '@quorate/example-raft-kv/client'
import { findLeader, makeNodes } from '@quorate/example-raft-kv/cluster'
import type { RaftTuning } from '@quorate/raft'
import { seededRandom } from '../random.ts'
import { runClients } from './clients.ts'
import { countOutcomes, type Operation } from './history.ts'
import { type FinalState, judge, type Violation } from './judge.ts'
import { type Damage, runNemesis } from './nemesis.ts'

/** What a campaign needs. */
export interface CampaignOptions {
  readonly nodes: number
  readonly minutes: number
  /** Repeats the calls and the blows; when exactly they meet is up to the machine. */
  readonly seed: number
  /** Takes the data of the nodes, what they print, and the history of what went wrong. */
  readonly directory: string
  readonly keys?: number
  readonly clientsPerKey?: number
  readonly tuning?: RaftTuning
  /** Takes a line for each violation. */
  readonly report: (line: string) => void
}

/** What came of it. */
export interface Result extends Damage {
  readonly operations: number
  readonly outcomes: Readonly<Record<Operation['outcome'], number>>
  /** Longest time without an operation that was carried out, in milliseconds. */
  readonly longestGapMs: number
  readonly violations: readonly Violation[]
}

/** Runs nodes as processes on this machine's disk, breaks them while clients work, and judges what the clients saw. */
export async function runCampaign(options: CampaignOptions): Promise<Result> {
  const { nodes: count, minutes, seed, directory, keys = 6, clientsPerKey = 3, tuning, report } = options
  const random = seededRandom(seed)
  const nodes = await makeNodes(count, directory, tuning)
  try {
    await Promise.all(nodes.map((node) => node.start()))
    await findLeader(nodes)
    const addresses = nodes.map(({ http }) => http)
    const signal = AbortSignal.timeout(minutes * 60_000)
    const [history, damage] = await Promise.all([
      runClients({ addresses, keys, clientsPerKey, random, signal }),
      runNemesis(nodes, seededRandom(random.seed()), signal),
    ])
    const final = await readAll(addresses, new Set(history.map(({ key }) => key)))
    const violations = judge(history, final)
    for (const [index, violation] of violations.entries()) {
      const file = join(directory, `violation-${index}.jsonl`)
      writeFileSync(file, violation.operations.map((operation) => `${JSON.stringify(operation)}\n`).join(''))
      report(`${violation.rule.toUpperCase()}: ${violation.what} (seed ${seed}, ${file})`)
    }
    return {
      ...damage,
      operations: history.length,
      outcomes: countOutcomes(history),
      longestGapMs: longestGapMs(history),
      violations,
    }
  } finally {
    await Promise.all(nodes.map((node) => node.kill('SIGKILL')))
  }
}

/** Reads every key once all is quiet. @throws if one cannot be read: a healed quorum serves */
async function readAll(addresses: readonly string[], keys: ReadonlySet<string>): Promise<FinalState> {
  const final = new Map<string, { value: string; revision: number } | undefined>()
  const left = keys.values()
  const read = async (): Promise<void> => {
    const client = new KeyValueClient({ addresses, callTimeoutMs: 30_000 })
    for (const key of left) {
      const outcome = await client.get(key)
      if (outcome.is !== 'done') throw new Error(`the healed quorum does not read ${key}: ${outcome.is}`)
      const { value = '', revision } = outcome
      final.set(key, revision === undefined ? undefined : { value, revision })
    }
    client.close()
  }
  await Promise.all(Array.from({ length: 16 }, read))
  return final
}

function longestGapMs(history: readonly Operation[]): number {
  let [last, longest] = [Infinity, 0]
  for (const { outcome, returnedMs } of history) {
    if (outcome !== 'done' || returnedMs === undefined) continue
    longest = Math.max(longest, returnedMs - last)
    last = returnedMs
  }
  return longest
}
