/** Something that must hold does not: a bug, or memory gone bad. Whoever owns the log should stop. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
  readonly code = 'LOG_INVARIANT'
}

/** Throws {@link InvariantError} unless `condition`. `mustHold` says what must hold. Stays on in production. */
export function invariant(condition: boolean, mustHold: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${mustHold}`)
}
