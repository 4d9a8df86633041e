/** Codes of {@link LogError}; docs/reference/errors.md says what to do about each. */
export type LogErrorCode =
  | 'LOG_BATCH_INVALID'
  | 'LOG_BATCH_TOO_LARGE'
  | 'LOG_CLOSED'
  | 'LOG_CORRUPT'
  | 'LOG_DAMAGED'
  | 'LOG_DISK_FULL'
  | 'LOG_EXISTS'
  | 'LOG_FAILED'
  | 'LOG_HARD_STATE_INVALID'
  | 'LOG_IO'
  | 'LOG_LOCKED'
  | 'LOG_NOT_FOUND'
  | 'LOG_NOT_WRITABLE'
  | 'LOG_OFFSET_OUT_OF_RANGE'
  | 'LOG_POSITION_OUT_OF_RANGE'
  | 'LOG_QUEUE_FULL'
  | 'LOG_READ_ONLY'
  | 'LOG_SNAPSHOT_CORRUPT'
  | 'LOG_SNAPSHOT_EXISTS'
  | 'LOG_SNAPSHOT_NOT_FOUND'
  | 'LOG_SNAPSHOT_TOO_LARGE'
  | 'LOG_TRUNCATED'

/** What went wrong in the log. `code` is stable, `message` is for people, `details` for programs. */
export class LogError extends Error {
  override readonly name = 'LogError'
  readonly code: LogErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: LogErrorCode,
    message: string,
    details: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.details = details
  }
}
