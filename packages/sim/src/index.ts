/**
 * Whole clusters of the real code under virtual time, with faults and checkers.
 *
 * @packageDocumentation
 */
export { Violation } from './checks/violation.ts'
export type { Rule } from './checks/violation.ts'
export { runScenario } from './scenario.ts'
export type { ScenarioOptions, ScenarioReport } from './scenario.ts'
