import type { NodeId, Voter } from '../messages.ts'

/** Whether `directoryId` is the directory of `voter`. A voter whose directory is not known yet goes by its id alone. */
export function hasDirectory(voter: Voter, directoryId: string): boolean {
  return voter.directoryId === undefined || voter.directoryId === directoryId
}

/** The voter that the node `id` with this directory is, if it is one (KIP-853: a replaced disk is another replica). */
export function findVoter(voters: readonly Voter[], id: NodeId, directoryId: string): Voter | undefined {
  const voter = voters.find((candidate) => candidate.id === id)
  return voter !== undefined && hasDirectory(voter, directoryId) ? voter : undefined
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
