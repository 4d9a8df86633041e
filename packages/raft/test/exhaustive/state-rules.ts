import { assertInvariant, type Batch } from '@quorate/log'
import type { NodeModel } from './node-model.ts'

/** What must be remembered of the way to a state to judge the next one. */
export interface History {
  /** Stands for the rest. */
  readonly key: string
  /** Who led each epoch, and in which life. */
  readonly leaders: Readonly<Record<number, string>>
  /** Everything that was ever committed, as epochs by offset. */
  readonly committed: readonly number[]
}

/** The rules of Raft for three nodes in one state. @returns the history with this state in it. @throws InvariantError */
export function checkNodes(nodes: readonly NodeModel[], history: History): History {
  let { committed } = history
  let changed: Record<number, string> | undefined
  for (const node of nodes) {
    const { core } = node
    if (core.role !== 'leader') continue
    const who = `${node.id} in life ${node.life}`
    assertInvariant(
      (history.leaders[core.epoch] ?? changed?.[core.epoch] ?? who) === who,
      `epoch ${core.epoch} has one leader`,
    )
    if (history.leaders[core.epoch] !== undefined) continue
    changed ??= { ...history.leaders }
    changed[core.epoch] = who
    const own = epochsOf(node.batches)
    const before = committed.filter((epoch) => epoch < core.epoch)
    assertInvariant(isPrefix(before, own), 'a leader has everything that earlier epochs committed')
  }
  for (const node of nodes) {
    const { highWatermark } = node.core
    const claimed = epochsOf(node.batches.slice(0, highWatermark))
    assertInvariant(claimed.length === highWatermark, 'what is committed is in the log')
    assertInvariant(isPrefix(claimed, committed) || isPrefix(committed, claimed), 'commits agree')
    if (claimed.length <= committed.length) continue
    const holders = nodes.filter(({ disk }) => isPrefix(claimed, epochsOf(disk.batches)))
    assertInvariant(holders.length >= 2, 'a commit is durable on a majority')
    committed = claimed
  }
  for (const [index, a] of nodes.entries()) {
    for (const b of nodes.slice(index + 1)) checkMatching(epochsOf(a.batches), epochsOf(b.batches))
  }
  const holders = nodes.filter(({ disk }) => isPrefix(committed, epochsOf(disk.batches)))
  assertInvariant(holders.length >= 2, 'what was committed stays on a majority')
  if (changed === undefined && committed === history.committed) return history
  const leaders = changed ?? history.leaders
  return { key: `${JSON.stringify(leaders)}${committed.join()}`, leaders, committed }
}

/** An epoch has one leader, which appends only: an offset and an epoch name one batch. */
function epochsOf(batches: readonly Batch[]): number[] {
  return batches.map(({ epoch }) => epoch)
}

function isPrefix(prefix: readonly number[], whole: readonly number[]): boolean {
  return prefix.length <= whole.length && prefix.every((epoch, index) => whole[index] === epoch)
}

/** Log matching (Raft §5.3): equal at an offset means equal before it. */
function checkMatching(a: readonly number[], b: readonly number[]): void {
  let isEqual = true
  for (let offset = 0; offset < Math.min(a.length, b.length); offset += 1) {
    const isSame = a[offset] === b[offset]
    assertInvariant(isEqual || !isSame, 'logs with a batch in common are equal before it')
    isEqual = isSame
  }
}
