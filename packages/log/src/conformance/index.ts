/**
 * What every log must do, as tests that run under any test runner.
 *
 * @packageDocumentation
 */
import { appending } from './appending.ts'
import { dropping } from './dropping.ts'
import type { LogConformanceOptions, Scenario } from './fixture.ts'
import { reading } from './reading.ts'
import { reopening } from './reopening.ts'
import { tailing } from './tailing.ts'
import { truncating } from './truncating.ts'
import { writing } from './writing.ts'

export { snapshotConformance } from './snapshots.ts'
export type { OpenSnapshotStorage, SnapshotConformanceOptions } from './snapshots.ts'
export type { LogConformanceOptions, LogLimits, OpenStorage } from './fixture.ts'

/** Declares one test for every promise of `Log`. They fail with an `AssertionError`, and clean up after themselves. */
export function logConformance({ test, open }: LogConformanceOptions): void {
  const scenarios: readonly Scenario[] = [
    ...appending,
    ...writing,
    ...truncating,
    ...dropping,
    ...reading,
    ...tailing,
    ...reopening,
  ]
  for (const scenario of scenarios) {
    test(scenario.name, async () => {
      await scenario.run(await open())
    })
  }
}
