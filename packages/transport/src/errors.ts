/** Codes of {@link TransportError}; docs/reference/errors.md says what to do about each. */
export type TransportErrorCode =
  | 'TRANSPORT_ADDRESS_IN_USE'
  | 'TRANSPORT_ADDRESS_INVALID'
  | 'TRANSPORT_CLOSED'
  | 'TRANSPORT_DISCONNECTED'
  | 'TRANSPORT_FRAME_TOO_LARGE'
  | 'TRANSPORT_OVERLOADED'
  | 'TRANSPORT_PROTOCOL'
  | 'TRANSPORT_REFUSED'
  | 'TRANSPORT_UNREACHABLE'

/** What went wrong below the RPC layer. `code` is stable, `message` is for people. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportErrorCode

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
