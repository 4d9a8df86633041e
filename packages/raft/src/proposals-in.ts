import type { Batch } from '@quorate/log'
import { unbundle } from './bundle.ts'
import { hasHeader, withoutHeader } from './sessions/session-header.ts'

/**
 * The proposals in a batch of the log, each as a batch of its own and as it was proposed: what a state machine is given.
 *
 * @throws InvariantError for a batch that no node wrote
 */
export function proposalsIn(batch: Batch): readonly Batch[] {
  return withoutHeaders(unbundle(batch))
}

/** `proposals` without the headers of those that belong to sessions. */
export function withoutHeaders(proposals: readonly Batch[]): readonly Batch[] {
  return proposals.some(hasHeader) ? proposals.map(withoutHeader) : proposals
}
