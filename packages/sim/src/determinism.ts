import { runScenario } from './scenario.ts'

/** A seed that did not do the same thing twice. */
export interface Differing {
  readonly seed: number
  readonly hashes: readonly string[]
}

/** Runs `count` seeds twice each and compares the hashes of their traces. */
export async function checkDeterminism(firstSeed: number, count: number): Promise<Differing[]> {
  const differing: Differing[] = []
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const first = await runScenario(seed)
    const second = await runScenario(seed)
    const hashes = [first.traceHash, second.traceHash]
    if (first.traceHash !== second.traceHash) differing.push({ seed, hashes })
  }
  return differing
}
