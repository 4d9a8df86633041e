import type { WriteId } from './events.ts'
import type { Replica } from './replica.ts'
import { type Leader, progressOfVoter } from './roles.ts'

/** The leader's eye on its own disk. */
export interface DiskWatch {
  /** The write that was durable last when it looked. */
  lastWritten: WriteId
  /** When the write that is next takes too long; `Infinity` while there is none. */
  dueMs: number
}

/** Nothing is under way yet, as far as it has looked. */
export function newDiskWatch(): DiskWatch {
  return { lastWritten: 0, dueMs: Infinity }
}

/**
 * Whether this leader's disk stalls: a write has been the next to finish for `diskStallTimeoutMs`, and has not finished.
 *
 * It commits only what is on its own disk, so that it holds up everybody although the others could go on. If too few of
 * them fetch to go on without it, giving up would gain nothing: then it looks again later.
 */
export function isDiskStalled(replica: Replica, role: Leader): boolean {
  const { log, now, config } = replica
  const { disk } = role
  if (log.settled) {
    disk.dueMs = Infinity
    return false
  }
  if (disk.dueMs === Infinity || disk.lastWritten !== log.lastWritten) {
    disk.lastWritten = log.lastWritten
    disk.dueMs = now + config.diskStallTimeoutMs
  }
  if (now < disk.dueMs) return false
  if (canOthersGoOn(replica, role)) return true
  disk.dueMs = now + config.fetchTimeoutMs / 2
  return false
}

function canOthersGoOn(replica: Replica, role: Leader): boolean {
  const { voters, now, config } = replica
  const fetching = voters.filter((voter) => {
    const lastFetchMs = progressOfVoter(role, voter)?.lastFetchMs ?? -Infinity
    return !replica.isSelf(voter) && now - lastFetchMs < config.fetchTimeoutMs
  })
  return fetching.length * 2 > voters.length
}
