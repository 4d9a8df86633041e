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

/** The stable code of `error`, or its name if it has none; `undefined` for what is not an error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** What `error` says. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
