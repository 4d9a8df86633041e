/**
 * Aids for tests of code that takes a `Clock`.
 *
 * @packageDocumentation
 */
export { manualClock } from './manual-clock.ts'
export type { ManualClock, ManualClockOptions } from './manual-clock.ts'
