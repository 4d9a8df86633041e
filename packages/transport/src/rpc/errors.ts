import { TransportError } from '../errors.ts'

/** Codes the RPC layer itself uses. A handler may use any code of its own beside them. */
export type RpcErrorCode =
  | 'RPC_CLOSED'
  | 'RPC_INTERNAL'
  | 'RPC_INVALID_REQUEST'
  | 'RPC_INVALID_RESPONSE'
  | 'RPC_OVERLOADED'
  | 'RPC_TIMEOUT'
  | 'RPC_UNKNOWN_API'
  | 'RPC_UNSUPPORTED_VERSION'

/** Plain data that says more about an error to a program. */
export type RpcErrorDetails = Readonly<Record<string, unknown>>

/**
 * A refusal or failure with a stable `code`. What a handler throws as `RpcError` reaches the caller as an `RpcError`
 * with the same code, message, details and `retriable`; `cause` and the stack stay where they are.
 */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: string
  readonly details: RpcErrorDetails
  /** The same request may succeed later, without anybody changing it. */
  readonly retriable: boolean

  constructor(
    code: string,
    message: string,
    details: RpcErrorDetails = {},
    options: ErrorOptions & { readonly retriable?: boolean } = {},
  ) {
    super(message, options)
    this.code = code
    this.details = details
    this.retriable = options.retriable ?? false
  }
}

/** The request left this process, and no answer says what became of it. */
const UNKNOWN_OUTCOME: ReadonlySet<string> = new Set<RpcErrorCode>([
  'RPC_INTERNAL',
  'RPC_INVALID_RESPONSE',
  'RPC_TIMEOUT',
])

/**
 * Whether a request that failed with `error` may have been carried out all the same.
 *
 * `false` is a promise: it was never sent, or its handler refused it. `true` covers everything else, also errors this
 * package does not know, such as the reason of an AbortSignal.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof TransportError) return error.code === 'TRANSPORT_DISCONNECTED'
  if (error instanceof RpcError) return UNKNOWN_OUTCOME.has(error.code)
  return true
}
