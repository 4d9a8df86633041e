import { Packr } from 'msgpackr'
import { decodeBinaryAnswer, decodeBinaryRequest } from './binary-frames.ts'
import { messagePackFault } from './message-pack-guard.ts'
import { RpcError } from './errors.ts'
import type { RpcErrorCode } from './errors.ts'

/** One request as it is on the wire: the array `[apiKey, version, body]`. */
export interface RequestEnvelope {
  readonly apiKey: number
  readonly version: number
  readonly body: unknown
}

/** First element of a response: `[0, body]` is an answer, `[1, code, message, details, retriable]` a refusal. */
const ANSWERED = 0
const REFUSED = 1

// Without records every frame stands alone: nothing a peer sends changes how its next frame is read. Binary fields are
// decoded as views on the frame, which the port gives away for good.
const messagePack = new Packr({ useRecords: false, copyBuffers: false })

/** Encodes one request. @throws RPC_INVALID_REQUEST if the body is not plain data */
export function encodeRequest({ apiKey, version, body }: RequestEnvelope): Uint8Array {
  try {
    return messagePack.pack([apiKey, version, body])
  } catch (error) {
    throw new RpcError(
      'RPC_INVALID_REQUEST',
      `the request cannot be encoded: ${String(error)}`,
      {},
      { cause: error },
    )
  }
}

/** Decodes one request; elements a newer peer adds at the end are ignored. @throws RPC_INVALID_REQUEST */
export function decodeRequest(frame: Uint8Array): RequestEnvelope {
  const binary = decodeBinaryRequest(frame)
  if (binary !== undefined) return binary
  const [apiKey, version, body] = decode(frame, 'RPC_INVALID_REQUEST')
  if (!isUnsigned(apiKey) || !isUnsigned(version))
    throw new RpcError('RPC_INVALID_REQUEST', 'the frame does not start with an api key and a version')
  return { apiKey, version, body }
}

/** Encodes the answer of a handler. @throws whatever msgpackr throws if it is not plain data */
export function encodeAnswer(body: unknown): Uint8Array {
  return messagePack.pack([ANSWERED, body])
}

/** Encodes a refusal. @throws whatever msgpackr throws if the details are not plain data */
export function encodeRefusal({ code, message, details, retriable }: RpcError): Uint8Array {
  return messagePack.pack([REFUSED, code, message, details, retriable])
}

/** Decodes one response to the body of the answer. @throws the peer's RpcError, or RPC_INVALID_RESPONSE */
export function decodeResponse(frame: Uint8Array): unknown {
  const binary = decodeBinaryAnswer(frame)
  if (binary !== undefined) return binary
  const [kind, ...rest] = decode(frame, 'RPC_INVALID_RESPONSE')
  if (kind === ANSWERED) return rest[0]
  const [code, message, details, retriable] = rest
  if (kind !== REFUSED || typeof code !== 'string' || typeof message !== 'string' || !isDetails(details))
    throw new RpcError('RPC_INVALID_RESPONSE', 'the frame is neither an answer nor a refusal')
  throw new RpcError(code, message, details, { retriable: retriable === true })
}

function decode(frame: Uint8Array, code: RpcErrorCode): readonly unknown[] {
  const fault = messagePackFault(frame)
  if (fault !== undefined) throw new RpcError(code, `the frame is not MessagePack as agreed: ${fault}`)
  let decoded: unknown
  try {
    decoded = messagePack.unpack(frame)
  } catch (error) {
    throw new RpcError(code, `the frame cannot be decoded: ${String(error)}`, {}, { cause: error })
  }
  if (!Array.isArray(decoded)) throw new RpcError(code, 'the frame is not an array')
  return decoded
}

function isUnsigned(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isDetails(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
