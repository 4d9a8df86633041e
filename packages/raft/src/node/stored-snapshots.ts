import {
  LogError,
  type NewSnapshot,
  type SnapshotId,
  type SnapshotInfo,
  type Snapshots,
  type SnapshotWriter,
} from '@quorate/log'
import type { Voter } from '../messages.ts'
import { readPreamble } from '../snapshots/preamble.ts'

/** What names a snapshot, without the rest of what is known of it: this is what goes to other nodes. */
export function nameOf({ endOffset, epoch }: SnapshotId): SnapshotId {
  return { endOffset, epoch }
}

/** The complete snapshot that `id` names, if there is one. */
export function findSnapshot(snapshots: Snapshots, id: SnapshotId): SnapshotInfo | undefined {
  return snapshots.all.find(({ endOffset, epoch }) => endOffset === id.endOffset && epoch === id.epoch)
}

/**
 * Begins a snapshot that is not there yet. What is left of a damaged one of its name is removed first.
 *
 * @throws LOG_IO, LOG_CLOSED, LOG_SNAPSHOT_EXISTS while the same snapshot is being written
 */
export async function createSnapshot(snapshots: Snapshots, snapshot: NewSnapshot): Promise<SnapshotWriter> {
  try {
    return await snapshots.create(snapshot)
  } catch (error) {
    const isTaken = error instanceof LogError && error.code === 'LOG_SNAPSHOT_EXISTS'
    const isDamaged = snapshots.damaged.length > 0 && findSnapshot(snapshots, snapshot) === undefined
    if (!isTaken || !isDamaged) throw error
  }
  await snapshots.delete(snapshot)
  return snapshots.create(snapshot)
}

/**
 * The voters that a snapshot names, if it names any.
 *
 * @throws LOG_SNAPSHOT_CORRUPT, LOG_SNAPSHOT_NOT_FOUND, LOG_IO, RAFT_SNAPSHOT_UNREADABLE
 */
export async function votersOf(snapshots: Snapshots, id: SnapshotId): Promise<readonly Voter[] | undefined> {
  const { preamble, body } = await readPreamble(snapshots.contents(id))
  // Only the beginning is wanted.
  for await (const _piece of body) break
  return preamble.voters
}
