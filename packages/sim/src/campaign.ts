import { addReach, noReach, type Reach } from './reach.ts'
import { runScenario } from './scenario.ts'

/** How much to run: a number of seeds, or seeds until so much time has gone by in the clusters. */
export type CampaignGoal = { readonly firstSeed: number } & (
  | { readonly seeds: number }
  | { readonly hours: number }
)

/** A seed that broke a rule. */
export interface FailedSeed {
  readonly seed: number
  readonly message: string
}

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

/** Runs seed after seed, one at a time. A seed that fails is told to `onFailure`, and the campaign goes on. */
export async function runCampaign(
  goal: CampaignGoal,
  onFailure: (failed: FailedSeed) => void,
): Promise<CampaignResult> {
  const total = { seeds: 0, events: 0, hours: 0, violations: 0, reach: noReach() }
  const isDone = (): boolean => ('seeds' in goal ? total.seeds >= goal.seeds : total.hours >= goal.hours)
  for (let seed = goal.firstSeed; !isDone(); seed += 1) {
    total.seeds += 1
    try {
      const { reach, events, virtualMs } = await runScenario(seed)
      addReach(total.reach, reach)
      total.events += events
      total.hours += virtualMs / hourMs
    } catch (error) {
      total.violations += 1
      onFailure({ seed, message: (error as Error).message })
    }
  }
  return total
}
