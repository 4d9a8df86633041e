import { parentPort, workerData } from 'node:worker_threads'
import { plantedBugs } from './catalogue.ts'
import { plant } from './plant.ts'

/** What a hunter is told. */
export interface HuntOrder {
  readonly bug: string
  readonly firstSeed: number
  readonly seeds: number
}

/** What a hunter tells: the seed that found the bug, and what it broke; nothing if no seed did. */
export interface HuntResult {
  readonly seed?: number
  readonly message?: string
}

const { bug: name, firstSeed, seeds } = workerData as HuntOrder
const bug = plantedBugs.find((bug) => bug.name === name)
if (bug === undefined) throw new Error(`no planted bug is called ${name}`)
plant(bug)
// Only now: what is loaded before the bug is planted stays sound.
const { runScenario } = await import('../scenario.ts')
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(await hunt())

async function hunt(): Promise<HuntResult> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    try {
      await runScenario(seed)
    } catch (error) {
      return { seed, message: (error as Error).message }
    }
  }
  return {}
}
