import type { NodeId, Voter } from '../messages.ts'

/** The disk that a node runs on. */
export interface Disk {
  readonly directoryId: string
  /** It was made to join a quorum that was there already. */
  readonly isJoiner: boolean
}

/**
 * Whether `disk` is that of `voter`. A voter whose directory is not known goes by its id alone, since the quorum began with
 * it. A disk that joined later may have its id all the same: in the place of the one that was there from the beginning, of
 * whose promises it knows nothing.
 */
export function isDiskOf(voter: Voter, { directoryId, isJoiner }: Disk): boolean {
  return voter.directoryId === undefined ? !isJoiner : voter.directoryId === directoryId
}

/** The voter that the node `id` on this disk is, if it is one (KIP-853: a replaced disk is another replica). */
export function findVoter(voters: readonly Voter[], id: NodeId, disk: Disk): Voter | undefined {
  const voter = voters.find((candidate) => candidate.id === id)
  return voter !== undefined && isDiskOf(voter, disk) ? voter : undefined
}

/** `voter`, now that its directory is known. */
export function inDirectory(voter: Voter, directoryId: string): Voter {
  return { ...voter, directoryId }
}

/** How many voters make a majority. */
export function majority(voters: readonly Voter[]): number {
  return Math.floor(voters.length / 2) + 1
}

/** `voters` and one more, ascending by id. */
export function withVoter(voters: readonly Voter[], added: Voter): readonly Voter[] {
  return [...voters, added].toSorted((a, b) => a.id - b.id)
}

/** `voters` without the one that has this id. */
export function withoutVoter(voters: readonly Voter[], id: NodeId): readonly Voter[] {
  return voters.filter((voter) => voter.id !== id)
}
