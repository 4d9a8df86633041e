import t from 'tap'
import { runCampaign } from '../../quorum/campaign.ts'

t.test('three processes that are killed and stopped lose nothing that they acknowledged', async (t) => {
  const directory = t.testdir()
  const { operations, outcomes, kills, stops, transfers, violations } = await runCampaign({
    nodes: 3,
    minutes: 0.2,
    seed: 2,
    directory,
    keys: 4,
    report: (line) => t.comment(line),
  })
  t.ok(kills + stops + transfers > 0, 'something was broken')
  t.ok(outcomes.done > operations / 2, 'most calls were carried out all the same')
  t.same(violations, [])
})
