import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Command, Report } from './protocol.ts'

/** What one load came to. */
export interface LoadResult {
  readonly commitsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Three voters as three processes, one of them leading. */
export interface Cluster {
  load(load: Omit<Command & { type: 'load' }, 'type'>): Promise<LoadResult>
  close(): Promise<void>
}

/** Starts three voters with their logs below `directory`, and waits until one leads. */
export async function startCluster(directory: string): Promise<Cluster> {
  const children = [1, 2, 3].map((id) =>
    fork(join(import.meta.dirname, 'voter.ts'), [String(id), join(directory, String(id))]),
  )
  const listening = await Promise.all(children.map((child) => nextReport(child, 'listening')))
  const leading = children.map(async (child) => {
    await nextReport(child, 'leading')
    return child
  })
  const addresses = listening.map(({ address }) => address)
  for (const child of children) tell(child, { type: 'start', addresses })
  const leader = await Promise.race(leading)
  return {
    async load(load) {
      const result = nextReport(leader, 'result')
      tell(leader, { type: 'load', ...load })
      return result
    },
    async close() {
      const exits = children.map((child) => once(child, 'exit'))
      for (const child of children) tell(child, { type: 'stop' })
      await Promise.all(exits)
    },
  }
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
