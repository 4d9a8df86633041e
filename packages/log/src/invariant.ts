/**
 * Something that must always hold does not: a bug, or memory gone bad, never a condition of the outside world. Whoever
 * sees it stops, because whatever it did next could only make things worse. Every layer above throws this one.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
  readonly code = 'INVARIANT_BROKEN'
}

/** @throws InvariantError, naming `whatMustHold`, unless `condition` holds. Stays on in production. */
export function assertInvariant(condition: boolean, whatMustHold: string): asserts condition {
  if (!condition) throw new InvariantError(`must hold: ${whatMustHold}`)
}
