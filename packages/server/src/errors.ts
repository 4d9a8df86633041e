/** Codes of {@link ServerError}; docs/reference/errors.md says what to do about each. */
export type ServerErrorCode =
  | 'BOOTSTRAP_INVALID'
  | 'BOOTSTRAP_UNREACHABLE'
  | 'CLUSTER_ID_INVALID'
  | 'CLUSTER_ID_MISSING'
  | 'CONFIG_INVALID'
  | 'CONFIG_NOT_READABLE'
  | 'DIRECTORY_ALREADY_FORMATTED'
  | 'DIRECTORY_DAMAGED'
  | 'DIRECTORY_FOREIGN'
  | 'DIRECTORY_HALF_FORMATTED'
  | 'DIRECTORY_IN_USE'
  | 'DIRECTORY_NOT_EMPTY'
  | 'DIRECTORY_NOT_FORMATTED'
  | 'DIRECTORY_NOT_WRITABLE'
  | 'NODE_FAILED'
  | 'RECOVERY_NOT_CONFIRMED'
  | 'TOPICS_DIFFER'
  | 'TOPICS_FILE_INVALID'
  | 'TOPICS_FILE_NOT_READABLE'
  | 'USAGE'

/**
 * What went wrong in the program, for the person who runs it.
 *
 * `code` is stable. `message` says what, `action` says what to do about it; both are whole sentences without a final
 * full stop, so that they can be printed on one line.
 */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: ServerErrorCode
  readonly action: string

  constructor(code: ServerErrorCode, message: string, action: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.action = action
  }
}

/** The cluster refused a request. `code` is the controller's own, as Kafka names it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
