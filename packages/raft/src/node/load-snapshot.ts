import { LogError, type SnapshotInfo, type Snapshots } from '@quorate/log'
import type { Logger, StateMachine } from '../ports.ts'
import { readPreamble, type SnapshotPreamble } from '../snapshots/preamble.ts'
import { beginning, type Position } from './delivery.ts'
import type { StartPoint } from './start-point.ts'

/** What loading takes. */
export interface LoadOptions {
  readonly snapshots: Snapshots
  readonly load: NonNullable<StateMachine['load']>
  readonly logger: Logger
  /** Ends the loading when the node stops. */
  readonly signal: AbortSignal
}

/** What was loaded: where the state machine is, and what Raft itself kept. */
export interface Loaded {
  readonly position: Position
  readonly preamble: SnapshotPreamble
}

/**
 * Has the state machine load one snapshot.
 *
 * @throws LOG_SNAPSHOT_CORRUPT, LOG_IO, RAFT_SNAPSHOT_UNREADABLE, the signal's reason, and what the state machine throws
 */
export async function loadSnapshot(options: LoadOptions, snapshot: SnapshotInfo): Promise<Loaded> {
  const { snapshots, load, signal } = options
  const { preamble, body } = await readPreamble(snapshots.contents(snapshot, { signal }))
  await load(body, snapshot)
  const { endOffset: offset, epoch, timestampMs } = snapshot
  return { position: { offset, epoch, timestampMs }, preamble }
}

/**
 * Has the state machine begin where its node does: with the newest snapshot that is not damaged. Those that are are
 * deleted, so that nobody is given them.
 *
 * @throws what {@link loadSnapshot} throws; LOG_SNAPSHOT_CORRUPT only if there is nothing else to begin with
 */
export async function loadNewest(
  options: LoadOptions,
  { candidates, isLogWhole }: Pick<StartPoint, 'candidates' | 'isLogWhole'>,
): Promise<Loaded> {
  for (const [index, snapshot] of candidates.entries()) {
    try {
      return await loadSnapshot(options, snapshot)
    } catch (error) {
      const isDamaged = error instanceof LogError && error.code === 'LOG_SNAPSHOT_CORRUPT'
      const isLast = index === candidates.length - 1
      if (!isDamaged || (isLast && !isLogWhole)) throw error
      const { endOffset } = snapshot
      options.logger.error({ err: error, endOffset }, 'a snapshot is damaged, beginning with an older one')
      await options.snapshots.delete(snapshot)
    }
  }
  return { position: beginning, preamble: {} }
}
