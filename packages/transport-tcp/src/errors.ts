import { TransportError } from '@quorate/transport'
import type { Address, TransportErrorCode } from '@quorate/transport'

/**
 * What it says about the peer that a connection ended before it was ready. Only a refusal proves anything, and only if
 * every address behind a name refused.
 *
 * @param reason the error of this package that ended it; its cause is what Node.js reported
 */
export function connectError(address: Address, reason: Error): Error {
  if (!(reason instanceof TransportError) || reason.code !== 'TRANSPORT_DISCONNECTED') return reason
  const { cause } = reason
  const causes: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause]
  if (causes.every((error) => codeOf(error) === 'ECONNREFUSED')) {
    return new TransportError('TRANSPORT_REFUSED', `nobody listens at ${address}`, { cause })
  }
  const why = cause instanceof Error ? cause.message : 'it hung up before it said a word'
  return new TransportError('TRANSPORT_UNREACHABLE', `cannot connect to ${address}: ${why}`, { cause })
}

/** What an error of `server.listen` says about the address. */
export function listenError(address: Address, error: Error): TransportError {
  const code: TransportErrorCode =
    codeOf(error) === 'EADDRINUSE' ? 'TRANSPORT_ADDRESS_IN_USE' : 'TRANSPORT_ADDRESS_INVALID'
  return new TransportError(code, `cannot listen at ${address}: ${error.message}`, { cause: error })
}

/** Why a connection that had been established is gone. */
export function disconnected(address: Address, cause?: Error): TransportError {
  const why = cause === undefined ? 'the peer closed it' : cause.message
  return new TransportError('TRANSPORT_DISCONNECTED', `the connection to ${address} is gone: ${why}`, {
    ...(cause && { cause }),
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
