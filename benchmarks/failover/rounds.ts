import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findLeader, freeAddresses, NodeProcess } from '@quorate/example-raft-kv/cluster'
import type { RaftTuning } from '@quorate/raft'
import { Cables } from './cables.ts'
import { Load } from './load.ts'
import { askZombie } from './zombie.ts'

/** What is done to the leader. */
export type Fault = 'kill' | 'stop' | 'cut' | 'transfer'

/** What one round came to. */
export interface Round {
  /** Longest time without a commit. */
  readonly gapMs: number
  /** How long after the fault the last of the calls that were under way had its outcome. */
  readonly slowestCallMs: number
  /** Answers of the old leader, once it was back, to calls that waited for it, and that were not true. */
  readonly wrongAnswers: number
}

/** How to run rounds. */
export interface RoundsOptions {
  readonly fault: Fault
  readonly rounds: number
  readonly directory: string
  readonly clients?: number
  readonly tuning?: RaftTuning
}

/** Milliseconds of commits that must follow an outage: one that comes right behind it counts as part of it. */
const settledMs = 200

/** Three nodes under load, on new directories, whose leader meets `fault` in every round. */
export async function* runRounds({
  fault,
  rounds,
  directory,
  clients = 8,
  tuning = {},
}: RoundsOptions): AsyncIterable<Round> {
  const ids = [1, 2, 3]
  const addresses = await freeAddresses(ids)
  const cables = fault === 'cut' ? await Cables.lay(addresses) : undefined
  const nodes: NodeProcess[] = []
  for (const id of ids) {
    const known = (await cables?.forNode(id)) ?? addresses
    nodes.push(new NodeProcess({ id, addresses: known, directory: join(directory, `node-${id}`), tuning }))
  }
  const forClients = cables?.forClients ?? nodes.map(({ http }) => http)
  let load: Load | undefined
  try {
    await Promise.all(nodes.map((node) => node.start()))
    await findLeader(nodes)
    load = new Load(forClients, clients)
    for (let round = 0; round < rounds; round += 1) {
      const leader = await steady(nodes, load)
      const others = forClients.toSpliced(leader.id - 1, 1)
      yield await runRound(fault, leader, load, cables, () =>
        askZombie(forClients[leader.id - 1]!, others, load!),
      )
    }
  } finally {
    await load?.close()
    await Promise.all(nodes.map((node) => node.kill('SIGKILL')))
    cables?.close()
  }
}

async function runRound(
  fault: Fault,
  leader: NodeProcess,
  load: Load,
  cables: Cables | undefined,
  ask: () => Promise<number>,
): Promise<Round> {
  load.forget()
  const faultMs = performance.now()
  if (fault === 'kill') await leader.kill('SIGKILL')
  if (fault === 'stop') await leader.kill('SIGSTOP')
  if (fault === 'cut') cables?.cut(leader.id)
  if (fault === 'transfer') await fetch(`http://${leader.http}/transfer`, { method: 'POST' })

  while (!load.hasCommitCalledAfter(faultMs)) await delay(5)
  const asked = fault === 'stop' || fault === 'cut' ? ask() : 0
  await delay(settledMs)
  if (fault === 'kill') await leader.start()
  if (fault === 'stop') await leader.kill('SIGCONT')
  if (fault === 'cut') cables?.mend(leader.id)
  const wrongAnswers = await asked
  const gapMs = load.longestGapMs(faultMs)
  return { gapMs, slowestCallMs: load.slowestInFlightMs(faultMs), wrongAnswers }
}

/**
 * Waits until commits flow and every node has caught up: has the log, and has applied it. A node that came back reads all
 * of the log, since raft-kv has no snapshots, and must be done before the next round.
 *
 * @returns the leader
 */
async function steady(nodes: readonly NodeProcess[], load: Load): Promise<NodeProcess> {
  for (;;) {
    const leader = await findLeader(nodes)
    const status = await leader.status().catch(() => undefined)
    const following = status?.replicas.filter(
      ({ lag, lastFetchAgoMs = Infinity }) => lag < 50 && lastFetchAgoMs < 100,
    )
    const commits = load.lastCommitMs > performance.now() - 50
    const statuses = await Promise.all(nodes.map((node) => node.status().catch(() => undefined)))
    const applying = statuses.some(
      (other) => other === undefined || other.highWatermark - other.appliedOffset > 50,
    )
    if (status?.role === 'leader' && following?.length === 2 && commits && !applying) return leader
    await delay(50)
  }
}
