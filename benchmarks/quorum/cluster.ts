import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Command, Load, Report } from './protocol.ts'

/** What one load came to. */
export interface LoadResult {
  readonly commitsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Three voters as three processes, one of them leading. */
export interface Cluster {
  /** Loads it from inside the leader. */
  load(load: Load): Promise<LoadResult>
  /** Loads it from a fourth process, over TCP. */
  loadFromClient(load: Load): Promise<LoadResult>
  close(): Promise<void>
}

/** Starts three voters with their logs below `directory`, and waits until one leads. */
export async function startCluster(directory: string): Promise<Cluster> {
  const voters = [1, 2, 3].map((id) => start('voter.ts', [String(id), join(directory, String(id))]))
  const listening = await Promise.all(voters.map((voter) => nextReport(voter, 'listening')))
  const addresses = listening.map(({ address }) => address)
  const leading = voters.map(async (voter, index) => {
    await nextReport(voter, 'leading')
    return { process: voter, address: addresses[index] as string }
  })
  for (const voter of voters) tell(voter, { type: 'start', addresses })
  const leader = await Promise.race(leading)
  const client = start('client.ts', [leader.address])
  return {
    load: (load) => measure(leader.process, load),
    loadFromClient: (load) => measure(client, load),
    async close() {
      const children = [client, ...voters]
      const exits = children.map((child) => once(child, 'exit'))
      for (const child of children) tell(child, { type: 'stop' })
      await Promise.all(exits)
    },
  }
}

function start(program: string, args: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, program), args)
}

function measure(child: ChildProcess, load: Load): Promise<LoadResult> {
  const result = nextReport(child, 'result')
  tell(child, { type: 'load', ...load })
  return result
}

function tell(child: ChildProcess, command: Command): void {
  child.send(command)
}

function nextReport<Type extends Report['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Report & { type: Type }> {
  return new Promise((resolve) => {
    const listen = (report: Report): void => {
      if (report.type !== type) return
      child.off('message', listen)
      resolve(report as Report & { type: Type })
    }
    child.on('message', listen)
  })
}
