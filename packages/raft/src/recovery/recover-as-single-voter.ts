import { assertInvariant, type Epoch, type Offset, type RaftLog, type Snapshots } from '@quorate/log'
import { systemClock } from '@quorate/transport'
import { z } from 'zod'
import { controlBatch, ControlRecordType } from '../core/control-records.ts'
import { VoterHistory, type VoterHistoryStart } from '../core/voter-history.ts'
import { voterSchema, votersSchema } from '../core/voter-schema.ts'
import { RaftError } from '../errors.ts'
import type { NamedVoter, Voter } from '../messages.ts'
import { loadVoters } from '../node/load-voters.ts'
import { startPoint } from '../node/start-point.ts'
import { votersOf } from '../node/stored-snapshots.ts'
import type { Clock } from '../ports.ts'

/**
 * Epochs that a recovery leaves out.
 *
 * The lost majority may have elected leaders that this log never heard of. Their epochs must not be used again: an epoch and
 * an offset that name two different batches would make two logs look alike that are not.
 */
const epochGap = 1_000_000

/** What {@link recoverAsSingleVoter} needs. */
export interface RecoveryOptions {
  /** The log of the node that is to be the only voter, open and used by nobody else. It stays the caller's to close. */
  readonly log: RaftLog
  /** The node's snapshots, if it has any: a log that was cut begins at the end of one, which names the voters. */
  readonly snapshots?: Snapshots
  /** The node, its directory, and where others will reach it. */
  readonly voter: NamedVoter
  /** Why, in words: it is kept in the log for whoever asks later. */
  readonly reason: string
  /** The caller knows that what only the lost voters held is lost. */
  readonly acceptDataLoss: true
  /** The voters that the quorum began with, for a log that names none. @default nobody */
  readonly voters?: readonly Voter[]
  /** Stamps the record. @default systemClock */
  readonly clock?: Clock
}

/** What a recovery did. */
export interface Recovery {
  /** The voters that the log named before. */
  readonly previousVoters: readonly Voter[]
  /** Epoch that the log had reached. */
  readonly previousEpoch: Epoch
  /** Epoch of the record. The node leads one above it when it starts. */
  readonly epoch: Epoch
  /** Offset of the record. Everything before it in this log is committed when the node leads, and nothing else is. */
  readonly offset: Offset
}

/**
 * Makes one node the only voter of a quorum whose majority is lost for good. Offline: no node runs on the log.
 *
 * It appends a VOTERS record of its own making, with its reason in it, in an epoch far above those known here, and votes for
 * itself in that epoch, all in one write. When the node starts it leads, and everything in its log is committed: also what
 * the lost majority never had acknowledged. **What that majority had committed and this log lacks is gone**, so choose the
 * survivor with the longest log (highest epoch of the last batch, then highest end offset).
 *
 * The lost voters must never run again on their old directories while they can reach a majority of the old voters: they would
 * go on with the old history. One that comes back alone follows as an observer.
 *
 * @returns when it is on disk
 * @throws RAFT_OPTIONS_INVALID, RAFT_RECOVERY_REFUSED (the log is empty, the node is the only voter already, or it died
 *   while it installed a snapshot), RAFT_SNAPSHOT_MISSING: nothing is written; what `log.read` and `log.write` throw
 */
export async function recoverAsSingleVoter(options: RecoveryOptions): Promise<Recovery> {
  const { log, snapshots, voter, reason, voters = [], clock = systemClock } = options
  checkOptions(options)
  const { candidates, isLogBehind } = startPoint(log, snapshots)
  const [newest] = candidates
  if (isLogBehind) throw refused('it died while it installed a snapshot: start it once, and stop it', voter)
  if (log.startOffset === log.endOffset && newest === undefined)
    throw refused('its log is empty: it never was part of a quorum', voter)
  const named = snapshots && newest && (await votersOf(snapshots, newest))
  const base = { base: named ?? voters, isRecorded: named !== undefined, records: [] }
  const history = await historyOf(log, newest?.endOffset ?? 0, base)
  const previousVoters = history.voters
  const isAlone = previousVoters.length === 1 && previousVoters[0]?.directoryId === voter.directoryId
  if (isAlone && previousVoters[0]?.id === voter.id) throw refused('it is the only voter already', voter)

  const previousEpoch = Math.max(log.hardState?.epoch ?? 0, log.epochs.at(-1)?.epoch ?? newest?.epoch ?? 0)
  const epoch = previousEpoch + epochGap
  const offset = log.endOffset
  const record = {
    type: ControlRecordType.voters,
    version: 0,
    voters: [voter],
    recovery: { previousVoters, previousEpoch, reason },
  } as const
  await log.write({
    batches: [controlBatch(record, offset, epoch, clock.wallTime())],
    hardState: { epoch, vote: { id: voter.id, directoryId: voter.directoryId } },
  })
  return { previousVoters, previousEpoch, epoch, offset }
}

async function historyOf(log: RaftLog, from: Offset, base: VoterHistoryStart): Promise<VoterHistory> {
  let history: VoterHistory | undefined
  await loadVoters(log, from, base, (found) => (history = new VoterHistory(found)))
  assertInvariant(history !== undefined, 'a log that was read has a history')
  return history
}

const optionsSchema = z.object({
  voter: voterSchema.refine(({ directoryId }) => directoryId !== undefined, 'the directory is needed'),
  reason: z.string().trim().min(1).max(1_000),
  acceptDataLoss: z.literal(true),
  voters: votersSchema.optional(),
})

function checkOptions(options: RecoveryOptions): void {
  const { success, error } = optionsSchema.safeParse(options)
  if (success) return
  throw new RaftError('RAFT_OPTIONS_INVALID', `invalid recovery: ${z.prettifyError(error)}`)
}

function refused(why: string, { id }: Voter): RaftError {
  return new RaftError('RAFT_RECOVERY_REFUSED', `node ${id} is not made the only voter: ${why}`, { id })
}
