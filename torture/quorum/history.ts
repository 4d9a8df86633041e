/** What a client did to one key, and what it learned of it. Times in milliseconds on one clock that never goes back. */
export interface Operation {
  readonly key: string
  readonly type: 'read' | 'write' | 'delete' | 'compare-and-set'
  /** What it wrote; unique. */
  readonly written?: string
  /** The revision that a compare-and-set wanted; `null`: none. */
  readonly expected?: number | null
  readonly invokedMs: number
  /** Absent if the client gave up waiting. */
  readonly returnedMs?: number
  readonly outcome: 'done' | 'conflict' | 'refused' | 'unknown'
  /** What it read. */
  readonly read?: string
  /** Offset of the change itself, of the one that was read, or of the one that a compare-and-set met instead. */
  readonly revision?: number
}

/** Keys that begin so are written once. */
export const onceKeyPrefix = 'once-'

/** How many operations of `history` ended in each way. */
export function countOutcomes(history: readonly Operation[]): Readonly<Record<Operation['outcome'], number>> {
  const counts = { done: 0, conflict: 0, refused: 0, unknown: 0 }
  for (const { outcome } of history) counts[outcome] += 1
  return counts
}
