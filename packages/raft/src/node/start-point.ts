import type { Epoch, Offset, RaftLog, SnapshotInfo, Snapshots } from '@quorate/log'
import type { LogStart } from '../core/log-view.ts'
import { RaftError } from '../errors.ts'

/** What a node begins with, as its disk has it. */
export interface StartPoint {
  /** The log as the core is to see it. It begins at 0 or at the end of a snapshot. */
  readonly log: LogStart
  /** Snapshots to begin with, the one to try first in front; the others stand in for it if it is damaged. */
  readonly candidates: readonly SnapshotInfo[]
  /** Whether the state machine may begin with nothing: the log reaches back to 0. */
  readonly isLogWhole: boolean
  /** The node died while it installed the first candidate: the log is older, and has to be emptied. */
  readonly isLogBehind: boolean
}

/**
 * Decides where a node begins that finds `log` and `snapshots` on its disk.
 *
 * The newest snapshot is where the state machine begins. If the log does not lead up to it, or has another history
 * there, the node died between making an installed snapshot durable and emptying the log: then the snapshot counts, since it
 * is committed.
 *
 * @throws RAFT_SNAPSHOT_MISSING: the log begins behind everything that the snapshots stand for
 */
export function startPoint(log: RaftLog, snapshots: Snapshots | undefined): StartPoint {
  const { startOffset, endOffset, epochs } = log
  const all = (snapshots?.all ?? []).filter((snapshot) => snapshot.endOffset >= startOffset)
  const newest = all.at(-1)
  if (newest !== undefined && !leadsUpTo(log, newest)) {
    const start = { startOffset: newest.endOffset, startEpoch: newest.epoch, endOffset: newest.endOffset }
    return {
      log: { ...start, epochs: [] },
      candidates: [newest],
      isLogWhole: false,
      isLogBehind: true,
    }
  }
  const candidates = all.filter((snapshot) => leadsUpTo(log, snapshot)).toReversed()
  const isLogWhole = startOffset === 0
  const oldest = candidates.at(-1)
  if (isLogWhole || oldest === undefined) {
    if (!isLogWhole) throw missing(startOffset, snapshots)
    return { log: { startOffset, endOffset, epochs }, candidates, isLogWhole, isLogBehind: false }
  }
  const start = { startOffset: oldest.endOffset, startEpoch: oldest.epoch, endOffset }
  return { log: { ...start, epochs }, candidates, isLogWhole, isLogBehind: false }
}

/** Whether the log holds the end of the snapshot, or begins there, so that it can be applied on top of it. */
function leadsUpTo(log: RaftLog, snapshot: { readonly endOffset: Offset; readonly epoch: Epoch }): boolean {
  const { endOffset, epoch } = snapshot
  if (endOffset === log.startOffset) return true
  if (endOffset > log.endOffset) return false
  return log.epochs.findLast((start) => start.startOffset < endOffset)?.epoch === epoch
}

function missing(startOffset: Offset, snapshots: Snapshots | undefined): RaftError {
  const why =
    snapshots === undefined
      ? 'the node was given no snapshots'
      : `the newest snapshot ends at ${snapshots.latest?.endOffset ?? 'no offset: there is none'}`
  return new RaftError(
    'RAFT_SNAPSHOT_MISSING',
    `the log begins at offset ${startOffset}, and ${why}: what was before is lost on this node`,
    { startOffset, snapshotEndOffset: snapshots?.latest?.endOffset, damaged: snapshots?.damaged },
  )
}
