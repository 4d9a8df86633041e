import t from 'tap'
import type { CampaignOptions } from '../../log/campaign.ts'
import { powerCut } from '../../log/power-cut.ts'

/** Without a C compiler, or on another system, there is nothing to preload. */
const skip = process.platform === 'linux' ? false : 'runs on Linux only'

async function violationsOf(options: Omit<CampaignOptions, 'report'>): Promise<string[]> {
  const violations: string[] = []
  await powerCut({ ...options, report: (line) => void violations.push(line) })
  return violations
}

t.test('a log keeps what it acknowledged when the power goes', { skip }, async (t) => {
  t.same(await violationsOf({ rounds: 30, seed: 1, directory: t.testdir() }), [])
})

for (const fault of ['no-sync', 'split-write'] as const)
  t.test(`a log with the fault ${fault} is found out`, { skip }, async (t) => {
    t.not((await violationsOf({ rounds: 12, seed: 1, directory: t.testdir(), fault })).length, 0)
  })
