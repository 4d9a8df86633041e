import { Worker } from 'node:worker_threads'
import { plantedBugs } from './catalogue.ts'
import type { HuntOrder, HuntResult } from './hunt.ts'

/** A planted bug and what became of the hunt for it. */
export interface Trophy extends HuntResult {
  readonly bug: string
  readonly seconds: number
}

/** Plants every bug that `isWanted` names, one at a time, each in a thread of its own, and tries seeds until it shows. */
export async function* huntAll(
  seeds: number,
  now: () => number,
  isWanted: (bug: string) => boolean = () => true,
): AsyncGenerator<Trophy> {
  for (const { name } of plantedBugs) {
    if (!isWanted(name)) continue
    const beganMs = now()
    const result = await huntOne({ bug: name, firstSeed: 1, seeds })
    yield { bug: name, seconds: (now() - beganMs) / 1_000, ...result }
  }
}

/** Hunts one bug in a thread of its own. Rejects if the bug does not fit the source any more. */
export function huntOne(workerData: HuntOrder): Promise<HuntResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./hunt.ts', import.meta.url), { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) =>
      reject(new Error(`the hunt for "${workerData.bug}" ended with code ${code}`)),
    )
  })
}
