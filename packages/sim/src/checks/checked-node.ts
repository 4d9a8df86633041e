import type { Epoch, Offset } from '@quorate/log'
import type { NodeId, Voter } from '@quorate/raft'
import type { LogShadow } from './log-shadow.ts'
import { isMember } from './voters.ts'

/** What the checks see of a node: its disk from outside, and which of its lives this is. */
export interface CheckedNode {
  readonly id: NodeId
  /** Of the disk that it has now. */
  readonly directoryId: string
  /** Counts the processes that ran on the node's disk. */
  readonly life: number
  readonly disk: {
    readonly appended: LogShadow
    readonly durable: LogShadow
    /** The newest complete snapshot. */
    readonly snapshots: { readonly latest: { readonly endOffset: Offset } | undefined }
    readonly hardState:
      | { readonly epoch: Epoch; readonly vote?: { readonly id: NodeId } | undefined }
      | undefined
  }
}

/** A disk that was replaced, as it was then. What it acknowledged may reach the leader later, and counts. */
export interface LostDisk {
  readonly id: NodeId
  readonly directoryId: string
  readonly durable: LogShadow
}

/** Whether `voter` is a node on the disk that it has. */
export function isSame(voter: Voter, { id, directoryId }: Pick<CheckedNode, 'id' | 'directoryId'>): boolean {
  return isMember([voter], id, directoryId)
}

/** A voter by its id, and its directory if that is known. */
export function nameOf({ id, directoryId }: Voter): string {
  return directoryId === undefined ? String(id) : `${id}/${directoryId}`
}

/** Voters, for the reader of a violation. */
export function namesOf(voters: readonly Voter[]): string {
  return voters.map(nameOf).join(' ') || 'nobody'
}
