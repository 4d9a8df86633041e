import { type FailedSeed, type Life, live } from './life.ts'
import { LifeThread } from './life-thread.ts'
import { addReach, noReach, type Reach } from './reach.ts'

/** How much to run: a number of seeds, or seeds until so much time has gone by in the clusters. */
export type CampaignGoal = { readonly firstSeed: number } & (
  | { readonly seeds: number }
  | { readonly hours: number }
)

/** What a campaign came to. */
export interface CampaignResult {
  readonly seeds: number
  readonly events: number
  /** Time that went by in the clusters. */
  readonly hours: number
  readonly violations: number
  readonly reach: Reach
}

const hourMs = 3_600_000

/**
 * Runs seed after seed. A seed that fails is told to `onFailure`, and the campaign goes on.
 *
 * @param jobs - lives at the same time, each in a thread of its own; a single one needs none. What seeds come to does not
 *   depend on it, but with a goal of hours a few more of them may be run.
 */
export async function runCampaign(
  goal: CampaignGoal,
  onFailure: (failed: FailedSeed) => void,
  jobs = 1,
): Promise<CampaignResult> {
  const total = { seeds: 0, events: 0, hours: 0, violations: 0, reach: noReach() }
  let nextSeed = goal.firstSeed
  const isDone = (): boolean =>
    'seeds' in goal ? nextSeed >= goal.firstSeed + goal.seeds : total.hours >= goal.hours
  const take = (life: Life): void => {
    total.seeds += 1
    if ('message' in life) {
      total.violations += 1
      return onFailure(life)
    }
    addReach(total.reach, life.reach)
    total.events += life.events
    total.hours += life.virtualMs / hourMs
  }
  const run = async (liveOne: (seed: number) => Promise<Life>): Promise<void> => {
    while (!isDone()) {
      const seed = nextSeed
      nextSeed += 1
      take(await liveOne(seed))
    }
  }
  if (jobs === 1) await run(live)
  else await Promise.all(Array.from({ length: jobs }, () => inThread(run)))
  return total
}

async function inThread(run: (live: (seed: number) => Promise<Life>) => Promise<void>): Promise<void> {
  await using thread = new LifeThread()
  await run((seed) => thread.live(seed))
}
