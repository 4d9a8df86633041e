/**
 * Frames whose body is binary, which are written and taken apart without a MessagePack library. What is written here is
 * MessagePack all the same, with lengths of four bytes throughout.
 */
import type { BodyCodec } from './body.ts'

const array2 = 0x92
const array3 = 0x93
const uint32 = 0xce
const binary32 = 0xc6

// array of 3, key, version, binary
const requestHeaderBytes = 16
// array of 2, 0, binary
const answerHeaderBytes = 7

/** Encodes the request `[apiKey, version, body]`. */
export function encodeBinaryRequest<Body>(
  apiKey: number,
  version: number,
  codec: BodyCodec<Body>,
  body: Body,
): Uint8Array {
  const bytes = codec.byteLength(body)
  const frame = Buffer.allocUnsafe(requestHeaderBytes + bytes)
  frame[0] = array3
  frame[1] = uint32
  frame.writeUInt32BE(apiKey, 2)
  frame[6] = uint32
  frame.writeUInt32BE(version, 7)
  frame[11] = binary32
  frame.writeUInt32BE(bytes, 12)
  codec.write(body, frame, requestHeaderBytes)
  return frame
}

/** Takes apart what {@link encodeBinaryRequest} made. @returns nothing for any other frame */
export function decodeBinaryRequest(
  frame: Uint8Array,
): { readonly apiKey: number; readonly version: number; readonly body: Uint8Array } | undefined {
  const isOne =
    frame.length >= requestHeaderBytes &&
    frame[0] === array3 &&
    frame[1] === uint32 &&
    frame[6] === uint32 &&
    frame[11] === binary32 &&
    readUint32(frame, 12) === frame.length - requestHeaderBytes
  if (!isOne) return undefined
  return {
    apiKey: readUint32(frame, 2),
    version: readUint32(frame, 7),
    body: frame.subarray(requestHeaderBytes),
  }
}

/** Encodes the answer `[0, body]`. */
export function encodeBinaryAnswer<Body>(codec: BodyCodec<Body>, body: Body): Uint8Array {
  const bytes = codec.byteLength(body)
  const frame = Buffer.allocUnsafe(answerHeaderBytes + bytes)
  frame[0] = array2
  frame[1] = 0
  frame[2] = binary32
  frame.writeUInt32BE(bytes, 3)
  codec.write(body, frame, answerHeaderBytes)
  return frame
}

/** The body in what {@link encodeBinaryAnswer} made. @returns nothing for any other frame */
export function decodeBinaryAnswer(frame: Uint8Array): Uint8Array | undefined {
  const isOne =
    frame.length >= answerHeaderBytes &&
    frame[0] === array2 &&
    frame[1] === 0 &&
    frame[2] === binary32 &&
    readUint32(frame, 3) === frame.length - answerHeaderBytes
  return isOne ? frame.subarray(answerHeaderBytes) : undefined
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
