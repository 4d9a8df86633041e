import t from 'tap'
import type { CampaignOptions, Row } from '../../log/campaign.ts'
import { full } from '../../log/full.ts'

async function run(options: Omit<CampaignOptions, 'report'>): Promise<{ rows: Row[]; violations: string[] }> {
  const violations: string[] = []
  const rows = await full({ ...options, report: (line) => void violations.push(line) })
  return { rows, violations }
}

// Neither a mount nor prlimit is everywhere.
const skip = process.platform === 'linux' ? false : 'runs on Linux only'

t.test(
  'a log that met a full disk keeps what it acknowledged, and goes on when it is opened again',
  { skip },
  async (t) => {
    const { rows, violations } = await run({ rounds: 4, seed: 1, directory: t.testdir() })
    t.same(violations, [])
    t.ok(rows.every(({ acknowledged }) => acknowledged > 0))
  },
)

t.test('a log that takes failed writes for done is found out', { skip }, async (t) => {
  const { violations } = await run({ rounds: 2, seed: 1, directory: t.testdir(), fault: 'swallow-errors' })
  t.not(violations.length, 0)
})
