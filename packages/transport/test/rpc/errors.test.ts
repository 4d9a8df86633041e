import t from 'tap'
import { isOutcomeUnknown, RpcError, TransportError } from '../../src/index.ts'
import type { RpcErrorCode, TransportErrorCode } from '../../src/index.ts'

t.test('each code of the transport says whether the request may have been carried out', async (t) => {
  const unknown: Readonly<Record<TransportErrorCode, boolean>> = {
    TRANSPORT_ADDRESS_IN_USE: false,
    TRANSPORT_ADDRESS_INVALID: false,
    TRANSPORT_CLOSED: false,
    TRANSPORT_DISCONNECTED: true,
    TRANSPORT_FRAME_TOO_LARGE: false,
    TRANSPORT_OVERLOADED: false,
    TRANSPORT_PROTOCOL: false,
    TRANSPORT_REFUSED: false,
    TRANSPORT_UNREACHABLE: false,
  }
  for (const [code, expected] of Object.entries(unknown)) {
    t.equal(isOutcomeUnknown(new TransportError(code as TransportErrorCode, '')), expected, code)
  }
})

t.test('each code of the RPC layer says whether the request may have been carried out', async (t) => {
  const unknown: Readonly<Record<RpcErrorCode, boolean>> = {
    RPC_CLOSED: false,
    RPC_INTERNAL: true,
    RPC_INVALID_REQUEST: false,
    RPC_INVALID_RESPONSE: true,
    RPC_OVERLOADED: false,
    RPC_TIMEOUT: true,
    RPC_UNKNOWN_API: false,
    RPC_UNSUPPORTED_VERSION: false,
  }
  for (const [code, expected] of Object.entries(unknown)) {
    t.equal(isOutcomeUnknown(new RpcError(code, '')), expected, code)
  }
})

t.test('a refusal of a handler is known, an error from anywhere else is not', async (t) => {
  t.equal(isOutcomeUnknown(new RpcError('TOPIC_EXISTS', '')), false)
  t.equal(isOutcomeUnknown(new Error('who knows')), true)
  t.equal(isOutcomeUnknown(AbortSignal.abort().reason), true)
})
