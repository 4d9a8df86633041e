import { nextOffset, type RaftLog } from '@quorate/log'
import { votersIn } from '../core/control-records.ts'
import type { VoterHistoryStart, VotersAt } from '../core/voter-history.ts'
import type { Voter } from '../messages.ts'

/** Bytes read at a time. */
const readBytes = 4 * 1_048_576

/**
 * Finds every set of voters that `log` names, by reading all of it, and gives them to `begin`: at once for an empty log.
 *
 * Any of them may come to be in effect: a cut takes back the newest.
 *
 * @param bootstrap - the set at the start of the log
 * @throws what `log.read` and `begin` throw; InvariantError for a record of voters that cannot be understood
 */
export async function loadVoters(
  log: RaftLog,
  bootstrap: readonly Voter[],
  begin: (voters: VoterHistoryStart) => void,
): Promise<void> {
  const records: VotersAt[] = []
  const { endOffset } = log
  let offset = log.startOffset
  while (offset < endOffset) {
    const batches = await log.read(offset, { maxBytes: readBytes })
    for (const batch of batches) {
      const voters = votersIn(batch)
      if (voters !== undefined) records.push({ offset: batch.baseOffset, voters })
      offset = nextOffset(batch)
    }
  }
  begin({ base: bootstrap, isRecorded: false, records })
}
