/** Three voters, fsync on all, values of 256 bytes, proposed inside the leader; hashicorp/raft does the same in the same run. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startCluster, type LoadResult } from './quorum/cluster.ts'
import { buildPeer, measurePeer } from './quorum/hashicorp-raft.ts'
import { measureInProcess } from './quorum/in-process.ts'
import { median } from './table.ts'
import type { Benchmark } from './table.ts'

const loads = [1, 64, 1_000]
const peer = 'hashicorp/raft on raft-wal'

/** Median of `runs`, each load for `seconds`, ours and the peer's in turn, on new directories. */
export const benchmark: Benchmark = async function* ({ runs, seconds }) {
  // On the disk that the repository is on: the system's temporary directory may be memory.
  const directory = await mkdtemp(join(import.meta.dirname, 'node_modules', '.quorum-'))
  try {
    const binary = await buildPeer(directory)
    const ours = new Map(loads.map((inFlight) => [inFlight, [] as LoadResult[]]))
    const theirs = new Map(loads.map((inFlight) => [inFlight, [] as LoadResult[]]))
    for (let run = 0; run < runs; run += 1) {
      const cluster = await startCluster(join(directory, `ours-${run}`))
      for (const inFlight of loads) {
        ours.get(inFlight)?.push(await cluster.load({ inFlight, valueBytes: 256, seconds }))
      }
      await cluster.close()
      const results = await measurePeer(binary, join(directory, `theirs-${run}`), seconds)
      for (const [inFlight, result] of results) theirs.get(inFlight)?.push(result)
    }
    const middle = (results: ReadonlyMap<number, LoadResult[]>, inFlight: number, key: keyof LoadResult) =>
      median((results.get(inFlight) ?? []).map((result) => result[key]))

    // Turned over, so that more is better in every row.
    const perSecond = (milliseconds: number): number => 1_000 / milliseconds
    yield {
      row: '1 in flight, 1 / p50',
      value: perSecond(middle(ours, 1, 'p50Ms')),
      unit: '1/s',
      peer,
      peerValue: perSecond(middle(theirs, 1, 'p50Ms')),
      target: 1,
    }
    for (const inFlight of [64, 1_000]) {
      yield {
        row: `${inFlight.toLocaleString('en')} in flight`,
        value: middle(ours, inFlight, 'commitsPerSecond'),
        unit: 'commits/s',
        peer,
        peerValue: middle(theirs, inFlight, 'commitsPerSecond'),
        target: 2,
      }
    }
    const inProcess: number[] = []
    for (let run = 0; run < runs; run += 1) inProcess.push(await measureInProcess(1_024, seconds))
    yield {
      row: 'in one process, no disk, no sockets, 1,024 in flight',
      value: median(inProcess),
      unit: 'commits/s',
      peer: 'a floor of 150,000/s',
      peerValue: 150_000,
      target: 1,
    }
  } finally {
    await rm(directory, { recursive: true })
  }
}
