/**
 * Codes of {@link BrokerError}, and BROKER_NOT_SERVING of the `RpcError` that clients get; docs/reference/errors.md says
 * what to do about each.
 */
export type BrokerErrorCode =
  | 'BROKER_CLOSED'
  | 'BROKER_NOT_SERVING'
  | 'BROKER_PUBLISH_FAILED'
  | 'BROKER_REGISTRATION_REFUSED'
  | 'BROKER_REGISTRATION_TIMEOUT'
  | 'BROKER_STORE_FAILED'

/** What went wrong in the broker. `code` is stable, `message` is for people, `details` for programs. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly code: BrokerErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: BrokerErrorCode,
    message: string,
    details: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

/** Something that must always hold did not: a bug, never a condition of the outside world. The broker stops. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
  readonly code = 'BROKER_INVARIANT'
}

/** @throws InvariantError unless `condition` holds; `mustHold` says what that is. */
export function assert(condition: boolean, mustHold: string): asserts condition {
  if (!condition) throw new InvariantError(`invariant broken: ${mustHold}`)
}

/** The stable code of `error`, or its name if it has none; `undefined` for what is not an error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
