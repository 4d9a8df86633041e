import { setTimeout as delay } from 'node:timers/promises'
import { findLeader, type NodeProcess } from '@quorate/example-raft-kv/cluster'
import type { Random } from '../random.ts'

/** How often each thing was done to a process, or came of it. */
export interface Damage {
  kills: number
  stops: number
  transfers: number
  /** Of the kills and stops, those that hit the leader. */
  leaders: number
}

/** Milliseconds of quiet between two blows, at least and at most. */
const quietMs = [1_000, 5_000] as const

/** Milliseconds that a process stays down, at least and at most: some outlast the timeouts of the others, some do not. */
const downMs = [50, 4_000] as const

/** Kills and stops processes at random until the signal aborts, and leaves all of them running. */
export async function runNemesis(
  nodes: readonly NodeProcess[],
  random: Random,
  signal: AbortSignal,
): Promise<Damage> {
  const damage: Damage = { kills: 0, stops: 0, transfers: 0, leaders: 0 }
  while (!signal.aborted) {
    await delay(random.between(...quietMs))
    const leader = await findLeader(nodes)
    const kind = random.between(1, 100)
    if (kind <= 10) {
      damage.transfers += 1
      await fetch(`http://${leader.http}/transfer`, { method: 'POST' }).catch(() => undefined)
      continue
    }
    const victims = choose(nodes, leader, random)
    if (victims.includes(leader)) damage.leaders += 1
    // Not in one instant: some of them see the others go.
    await Promise.all(victims.map((victim) => strike(victim, random, damage)))
  }
  return damage
}

/** The leader, some other node, a majority, or all. */
function choose(nodes: readonly NodeProcess[], leader: NodeProcess, random: Random): readonly NodeProcess[] {
  const kind = random.between(1, 100)
  if (kind <= 45) return [leader]
  if (kind <= 85) return [random.pick(nodes.filter((node) => node !== leader))]
  if (kind <= 95) return nodes.slice(0, Math.floor(nodes.length / 2) + 1)
  return nodes
}

async function strike(victim: NodeProcess, random: Random, damage: Damage): Promise<void> {
  const [isKilled, waitMs, forMs] = [random.chance(60), random.between(0, 20), random.between(...downMs)]
  await delay(waitMs)
  if (isKilled) {
    damage.kills += 1
    await victim.kill('SIGKILL')
    await delay(forMs)
    await victim.start()
  } else {
    damage.stops += 1
    await victim.kill('SIGSTOP')
    await delay(forMs)
    await victim.kill('SIGCONT')
  }
}
