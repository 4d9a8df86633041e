/**
 * Proof that a campaign reached what it set out to test: how often each thing happened.
 *
 * A checker that is silent about truncations says nothing if there were none.
 */
export const reachNames = [
  'elections',
  'lostElections',
  'preVoteRefusals',
  'votesRefused',
  'checkQuorumResignations',
  'resignations',
  'leaderCrashes',
  'crashes',
  'crashesAfterSending',
  'restartsWithVote',
  'writesLostInCrash',
  'tornTails',
  'gracefulRestarts',
  'stops',
  'clockJumps',
  'truncations',
  'divergences',
  'fencedFetches',
  'corruptReads',
  'misdirectedReads',
  'failedWrites',
  'failedWritesPersisted',
  'slowDisks',
  'messagesLost',
  'messagesDuplicated',
  'messagesBlocked',
  'partitions',
  'deadMinorities',
  'proposalsAcknowledged',
  'proposalsLost',
  'proposalsRefused',
  'outcomesUnknown',
  'sessionsOpened',
  'sessionsExpired',
  'sessionRetries',
  'sessionRepeats',
  'reads',
  'readsRefused',
  'transfers',
  'snapshotsCompleted',
  'snapshotsLoaded',
  'snapshotsNamed',
  'snapshotsInstalled',
  'installsResumed',
  'pullsFromNextLeader',
  'corruptChunks',
  'snapshotsDamaged',
  'crashesAfterSnapshot',
  'votersAdded',
  'votersRemoved',
  'leadersRemoved',
  'voterChangesRefused',
  'voterChangesUnknown',
  'votersTakenBack',
  'disksReplaced',
  'newcomersParted',
  'leaseReads',
  'readsAtOldLeaders',
  'usurpations',
  'diskStallResignations',
] as const

/** One of {@link reachNames}. */
type ReachName = (typeof reachNames)[number]

/** How often each thing happened. */
export type Reach = Record<ReachName, number>

/** Nothing happened yet. */
export function noReach(): Reach {
  return Object.fromEntries(reachNames.map((name) => [name, 0])) as Reach
}

/** Adds what `more` reached to `total`. */
export function addReach(total: Reach, more: Readonly<Reach>): void {
  for (const name of reachNames) total[name] += more[name]
}
