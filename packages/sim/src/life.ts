import type { Reach } from './reach.ts'
import { runScenario } from './scenario.ts'

/** What came of one life of a cluster. */
export type Life =
  | {
      readonly seed: number
      readonly events: number
      /** Time that went by in the cluster. */
      readonly virtualMs: number
      readonly reach: Reach
    }
  /** It broke a rule: which, and how. */
  | FailedSeed

/** A seed that broke a rule. */
export interface FailedSeed {
  readonly seed: number
  readonly message: string
}

/** Runs the life that `seed` decides. */
export async function live(seed: number): Promise<Life> {
  try {
    const { reach, events, virtualMs } = await runScenario(seed)
    return { seed, reach, events, virtualMs }
  } catch (error) {
    return { seed, message: (error as Error).message }
  }
}
