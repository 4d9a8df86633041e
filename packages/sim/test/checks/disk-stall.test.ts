import t from 'tap'
import { DiskStallCheck } from '../../src/checks/disk-stall.ts'

const voters = [1, 2, 3].map((id) => ({ id }))

/** Node 1 leads, and its disk has worked on one write since 0. It is seen at each fetch: of which voter, and when. */
function watch(...fetches: readonly (readonly [number, number])[]): void {
  const check = new DiskStallCheck({ fetchTimeoutMs: 1_000, diskStallTimeoutMs: 1_000, minClockRate: 1 })
  const fetchedMs = new Map<number, number>()
  for (const [voter, nowMs] of fetches) {
    fetchedMs.set(voter, nowMs)
    check.onLeader({ id: 1, voters, nowMs, writingSinceMs: 0, runningSinceMs: 0, fetchedMs })
  }
}

t.test('a leader that stays although its disk stalls and the others fetch is found out', async (t) => {
  const fetches = [0, 400, 800, 1_200, 1_600].flatMap((ms) => [[2, ms] as const, [3, ms] as const])
  t.throws(() => watch(...fetches), /^a leader whose disk stalls gives up/)
})

t.test('a leader may stay as long as it cannot know that the others go on without it', async () => {
  watch([2, 0], [3, 0], [2, 700], [3, 1_250], [2, 1_300], [3, 1_700], [2, 1_700])
})
