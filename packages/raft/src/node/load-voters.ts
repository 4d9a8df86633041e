import { assertInvariant, nextOffset, type Offset, type RaftLog } from '@quorate/log'
import { votersIn } from '../core/control-records.ts'
import type { VoterHistoryStart, VotersAt } from '../core/voter-history.ts'

/** Bytes read at a time. */
const readBytes = 4 * 1_048_576

/**
 * Finds every set of voters that `log` names from `from` on, by reading it, and gives them to `begin`: at once if there is
 * nothing to read.
 *
 * Any of them may come to be in effect: a cut takes back the newest.
 *
 * @param base - the set at `from`: a snapshot's, or the one that the quorum began with
 * @throws what `log.read` and `begin` throw; InvariantError for a record of voters that cannot be understood
 */
export async function loadVoters(
  log: RaftLog,
  from: Offset,
  base: VoterHistoryStart,
  begin: (voters: VoterHistoryStart) => void,
): Promise<void> {
  const records: VotersAt[] = []
  const { endOffset } = log
  let offset = from
  while (offset < endOffset) {
    const batches = await log.read(offset, { maxBytes: readBytes })
    assertInvariant(batches.length > 0, 'a log holds everything before its end')
    for (const batch of batches) {
      const voters = votersIn(batch)
      if (voters !== undefined) records.push({ offset: batch.baseOffset, voters })
      offset = nextOffset(batch)
    }
  }
  begin({ ...base, records })
}
