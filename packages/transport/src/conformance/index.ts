/**
 * What every transport, clock and source of randomness must do, as suites any test runner can run.
 *
 * @packageDocumentation
 */
import { cancellationScenarios } from './cancellation.ts'
import { Harness } from './harness.ts'
import type { TransportSupports, TransportUnderTest } from './harness.ts'
import { lifecycleScenarios } from './lifecycle.ts'
import { limitScenarios } from './limits.ts'
import { requestScenarios } from './requests.ts'
import { rpcScenarios, runRpcScenario } from './rpc.ts'

export { clockConformance, randomConformance } from './clock.ts'
export type { ClockConformanceOptions, ClockUnderTest, RandomConformanceOptions } from './clock.ts'
export type { TransportSupports, TransportUnderTest } from './harness.ts'

/** What {@link transportConformance} needs. */
export interface TransportConformanceOptions {
  /** Registers a test with the runner: `t.test` of tap, `test` of node:test, and so on. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** A fresh transport; called once a scenario. */
  readonly create: () => TransportUnderTest | Promise<TransportUnderTest>
  /** What the transport can do beyond the minimum. @default {} */
  readonly supports?: TransportSupports
}

/**
 * Registers one test for each rule of the port. A transport that passes them all can be used wherever a `Transport` is
 * asked for.
 *
 * @returns the names of the scenarios that were left out, because they need what is not supported
 */
export function transportConformance({
  test,
  create,
  supports = {},
}: TransportConformanceOptions): readonly string[] {
  const leftOut: string[] = []
  for (const scenario of [
    ...requestScenarios,
    ...limitScenarios,
    ...cancellationScenarios,
    ...lifecycleScenarios,
  ]) {
    if (scenario.needs !== undefined && supports[scenario.needs] !== true) {
      leftOut.push(scenario.name)
      continue
    }
    test(scenario.name, async () => {
      const harness = new Harness(await create())
      try {
        await scenario.run(harness)
      } finally {
        await harness.close()
      }
    })
  }
  return leftOut
}

/**
 * Registers one test for each rule of the RPC layer, on the transport that `create` makes: what a transport carries has
 * to be enough for the layer above it.
 */
export function rpcConformance({ test, create }: Omit<TransportConformanceOptions, 'supports'>): void {
  for (const scenario of rpcScenarios) {
    test(scenario.name, async () => runRpcScenario(scenario, await create()))
  }
}
