/** Codes of {@link StoreError}; docs/reference/errors.md says what to do about each. */
export type StoreErrorCode =
  | 'STORE_BATCH_TOO_LARGE'
  | 'STORE_CLOSED'
  | 'STORE_DEFINITION_INVALID'
  | 'STORE_NOT_LEADER'
  | 'STORE_OUTCOME_UNKNOWN'
  | 'STORE_OVERLOADED'
  | 'STORE_RECORD_INVALID'
  | 'STORE_RECORD_UNREADABLE'

/** What went wrong in a store. `code` is stable, `message` is for people, `details` for programs. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: StoreErrorCode,
    message: string,
    details: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.details = details
  }
}
