import t from 'tap'
import { runCampaign } from '../src/campaign.ts'
import { checkDeterminism } from '../src/determinism.ts'
import { reachNames } from '../src/reach.ts'

// Any thirty break no rule. The rarest events happen in one of them only, or in none: in these all do.
const firstSeed = 50

t.test('thirty lives of a cluster break no rule, and everything that can happen happens', async (t) => {
  const failed: string[] = []
  const result = await runCampaign({ firstSeed, seeds: 30 }, ({ seed, message }) =>
    failed.push(`pnpm sim --seed ${seed}: ${message}`),
  )
  t.same(failed, [])
  t.equal(result.seeds, 30)
  t.same(
    reachNames.filter((name) => result.reach[name] === 0),
    [],
  )
})

t.test('lives at the same time come to what they come to one after the other', async (t) => {
  const failed: number[] = []
  const run = (jobs: number) => runCampaign({ firstSeed, seeds: 8 }, ({ seed }) => failed.push(seed), jobs)
  const { hours, ...together } = await run(2)
  const { hours: sameHours, ...alone } = await run(1)
  t.same(together, alone)
  t.ok(Math.abs(hours - sameHours) < 1e-9)
  t.same(failed, [])
})

t.test('the same seed gives the same trace', async (t) => {
  t.same(await checkDeterminism(5, 4), [])
})
