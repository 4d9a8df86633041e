import type { Batch } from '@quorate/log'
import { ControlRecordType, isControlBatch, type NodeId, type Voter } from '@quorate/raft'

/** The voters that `batch` names, read without the help of what is tested. */
export function votersNamedBy(batch: Batch): readonly Voter[] | undefined {
  // A batch that opens a session says nothing.
  if (!isControlBatch(batch) || batch.payload.byteLength === 0) return undefined
  const record = JSON.parse(new TextDecoder().decode(batch.payload)) as {
    readonly type: number
    readonly voters: readonly Voter[]
  }
  return record.type === ControlRecordType.voters ? record.voters : undefined
}

/** Whether the node `id` with this directory is among `voters`. A voter without a directory is its id's whatever the disk. */
export function isMember(voters: readonly Voter[], id: NodeId, directoryId: string): boolean {
  return voters.some(
    (voter) => voter.id === id && (voter.directoryId === undefined || voter.directoryId === directoryId),
  )
}

/** Whether both are the same nodes on the same disks. */
export function areSame(a: readonly Voter[], b: readonly Voter[]): boolean {
  return (
    a.length === b.length &&
    a.every((voter, index) => voter.id === b[index]?.id && voter.directoryId === b[index]?.directoryId)
  )
}

/** How many voters were added or removed between two sets. One whose directory became known is the same; another disk is both. */
export function changesBetween(before: readonly Voter[], after: readonly Voter[]): number {
  const isIn = (voters: readonly Voter[], { id, directoryId }: Voter): boolean =>
    voters.some(
      (other) =>
        other.id === id &&
        (other.directoryId === undefined || directoryId === undefined || other.directoryId === directoryId),
    )
  const removed = before.filter((voter) => !isIn(after, voter)).length
  return removed + after.filter((voter) => !isIn(before, voter)).length
}
