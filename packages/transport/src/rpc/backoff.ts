import type { Random } from '../clock.ts'

/** Bounds of {@link backoffMs}. */
export interface BackoffLimits {
  /** No wait is shorter. Above 0. */
  readonly minMs: number
  /** No wait is longer. At least `minMs`. */
  readonly maxMs: number
}

/**
 * How long to wait after `attempt` failures in a row, the first being 0.
 *
 * The ceiling doubles with each attempt up to `maxMs`; the wait is uniform in its upper half, so that nodes that lost
 * the same peer do not come back to it in step.
 */
export function backoffMs(attempt: number, random: Random, { minMs, maxMs }: BackoffLimits): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** (attempt + 1))
  return Math.max(minMs, ceiling * (0.5 + random() / 2))
}
