import type { Offset } from '@quorate/log'

/**
 * The offset before which a majority of voters holds everything durably, if that is worth committing.
 *
 * A leader counts only what was appended in its own epoch (Raft §5.4.2): `epochStart` is the offset of its first batch,
 * and nothing is committed until a majority has passed it.
 *
 * @param acknowledged - the durable end offset of every voter, the leader's own among them, in any order
 */
export function majorityOffset(acknowledged: readonly Offset[], epochStart: Offset): Offset | undefined {
  const descending = acknowledged.toSorted((a, b) => b - a)
  const held = descending[Math.floor(acknowledged.length / 2)]
  return held !== undefined && held > epochStart ? held : undefined
}
