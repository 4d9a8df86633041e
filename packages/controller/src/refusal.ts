import type { Leadership } from '@quorate/raft'
import { StoreError } from '@quorate/store'
import { RpcError } from '@quorate/transport'
import { ControllerError, OUTCOME_UNKNOWN } from './errors.ts'

/** NOT_CONTROLLER, with who is, if known: nothing was written, ask that one. */
export function notController(leaderId: Leadership['leaderId'], cause?: unknown): RpcError {
  return new RpcError(
    'NOT_CONTROLLER',
    leaderId === undefined
      ? 'this is not the active controller, and none is known'
      : `this is not the active controller; ${leaderId} is`,
    leaderId === undefined ? {} : { leaderId },
    { retriable: true, cause },
  )
}

/** Code of an `RpcError`: the node is starting or stopping, and did nothing. */
export const NODE_NOT_READY = 'NODE_NOT_READY'

/** How an error of an operation or of the store reaches the caller; what is not known here is thrown on as it is. */
export function refusalOf(error: unknown, leadership: Leadership): unknown {
  if (error instanceof ControllerError) {
    return new RpcError(error.code, error.message, error.details, {
      retriable: error.code === 'DUPLICATE_BROKER_REGISTRATION',
      cause: error,
    })
  }
  if (!(error instanceof StoreError)) return error
  switch (error.code) {
    case 'STORE_NOT_LEADER':
      return notController(leadership.leaderId, error)
    case 'STORE_CLOSED':
      return new RpcError(NODE_NOT_READY, 'the node is stopping', {}, { retriable: true, cause: error })
    case 'STORE_OUTCOME_UNKNOWN':
      return new RpcError(
        OUTCOME_UNKNOWN,
        'leadership was lost before the write was committed; it may or may not be later',
        {},
        { cause: error },
      )
    case 'STORE_OVERLOADED':
      return new RpcError(
        'RPC_OVERLOADED',
        'too many writes wait to be committed; try again later',
        {},
        { retriable: true, cause: error },
      )
    case 'STORE_BATCH_TOO_LARGE':
      return new RpcError(
        'POLICY_VIOLATION',
        'the request makes too large a batch; split it',
        {},
        { cause: error },
      )
    default:
      return error
  }
}
