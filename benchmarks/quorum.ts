/**
 * Three voters, fsync on all, values of 256 bytes: proposed inside the leader beside hashicorp/raft, and by a client over TCP
 * beside etcd, in the same run. And what the code costs without disk and sockets.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startCluster, type LoadResult } from './quorum/cluster.ts'
import { measureEtcd } from './quorum/etcd.ts'
import { buildPeer, type Results } from './quorum/go-peer.ts'
import { measureHashicorpRaft } from './quorum/hashicorp-raft.ts'
import { measureInProcess } from './quorum/in-process.ts'
import { median } from './table.ts'
import type { Benchmark, Row } from './table.ts'

const loads = [1, 64, 1_000]

/** At one proposal at a time it takes some thousands of them until V8 has compiled what is called. Peers get the same. */
const warmUpSeconds = 3

/** Who is measured, and what each run came to. */
type Measured = Record<'inside' | 'remote' | 'hashicorp' | 'etcd', Results[]>

/** Median of `runs`, each load for `seconds` after a warm-up, ours and the peers' in turn, on new directories. */
export const benchmark: Benchmark = async function* ({ runs, seconds }) {
  // On the disk that the repository is on: the system's temporary directory may be memory.
  const directory = await mkdtemp(join(import.meta.dirname, 'node_modules', '.quorum-'))
  try {
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
    const hashicorpRaft = await buildPeer('hashicorp-raft', directory)
    const etcd = await buildPeer('etcd', directory)
    const peerLoad = { seconds, warmUpSeconds }
    const measured: Measured = { inside: [], remote: [], hashicorp: [], etcd: [] }
    for (let run = 0; run < runs; run += 1) {
      const { inside, remote } = await measureOurs(join(directory, `ours-${run}`), seconds)
      measured.inside.push(inside)
      measured.remote.push(remote)
      measured.hashicorp.push(
        await measureHashicorpRaft(hashicorpRaft, join(directory, `hashicorp-raft-${run}`), peerLoad),
      )
      measured.etcd.push(await measureEtcd(etcd, join(directory, `etcd-${run}`), peerLoad))
    }
    yield* rows('inside the leader', measured.inside, 'hashicorp/raft on raft-wal', measured.hashicorp, 2)
    yield* rows('from a client over TCP', measured.remote, 'etcd', measured.etcd, 3)
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function measureOurs(
  directory: string,
  seconds: number,
): Promise<{ readonly inside: Results; readonly remote: Results }> {
  const cluster = await startCluster(directory)
  const [inside, remote] = [new Map<number, LoadResult>(), new Map<number, LoadResult>()]
  for (const inFlight of loads) {
    const load = { inFlight, valueBytes: 256, seconds, warmUpSeconds }
    inside.set(inFlight, await cluster.load(load))
    remote.set(inFlight, await cluster.loadFromClient(load))
  }
  await cluster.close()
  return { inside, remote }
}

function* rows(
  where: string,
  ours: readonly Results[],
  peer: string,
  theirs: readonly Results[],
  target: number,
): Generator<Row> {
  const middle = (results: readonly Results[], inFlight: number, key: keyof LoadResult): number =>
    median(results.map((result) => result.get(inFlight)?.[key] ?? Number.NaN))
  yield {
    row: `${where}, 1 in flight, p50`,
    value: middle(ours, 1, 'p50Ms'),
    unit: 'ms',
    peer,
    peerValue: middle(theirs, 1, 'p50Ms'),
    target: 1,
    promise: 'at most',
  }
  for (const inFlight of [64, 1_000]) {
    yield {
      row: `${where}, ${inFlight.toLocaleString('en')} in flight`,
      value: middle(ours, inFlight, 'commitsPerSecond'),
      unit: 'commits/s',
      peer,
      peerValue: middle(theirs, inFlight, 'commitsPerSecond'),
      target,
    }
  }
}
