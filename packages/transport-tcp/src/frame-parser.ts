import { TransportError } from '@quorate/transport'
import { COVERED_HEADER_BYTES, FrameKind, HEADER_BYTES } from './frame.ts'

/** Called for every complete frame. The payload belongs to the callee. */
export type OnFrame = (kind: FrameKind, id: number, payload: Uint8Array) => void

/**
 * Cuts a stream of bytes into frames.
 *
 * The length is checked from the four bytes that carry it, and nothing is allocated on its promise: what is held is
 * what has arrived. A payload within one chunk is a view on it; one that spans several is copied once.
 */
export class FrameParser {
  readonly #maxFrameBytes: number
  readonly #onFrame: OnFrame
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerBytes = 0
  #kind: FrameKind = FrameKind.request
  #id = 0
  #payloadBytes = 0
  #parts: Uint8Array[] = []
  #missingBytes = 0
  #completed = 0
  #halted = false

  constructor(maxFrameBytes: number, onFrame: OnFrame) {
    this.#maxFrameBytes = maxFrameBytes
    this.#onFrame = onFrame
  }

  /** Frames so far. */
  get completed(): number {
    return this.#completed
  }

  /** A frame has begun and is not complete. */
  get partial(): boolean {
    return this.#headerBytes > 0
  }

  /** Called from within `onFrame`: no further frame from this {@link push}. */
  halt(): void {
    this.#halted = true
  }

  /**
   * Takes the next bytes of the stream, which must never change again.
   *
   * @returns what is left of `chunk` after {@link halt}, to be pushed again; empty otherwise
   * @throws TRANSPORT_FRAME_TOO_LARGE, TRANSPORT_PROTOCOL; the stream is useless then
   */
  push(chunk: Uint8Array): Uint8Array {
    this.#halted = false
    let position = 0
    while (position < chunk.length && !this.#halted) {
      if (this.#headerBytes < HEADER_BYTES) position = this.#readHeader(chunk, position)
      else position = this.#readPayload(chunk, position)
    }
    return chunk.subarray(position)
  }

  #readHeader(chunk: Uint8Array, from: number): number {
    let position = from
    while (position < chunk.length && this.#headerBytes < HEADER_BYTES) {
      this.#header[this.#headerBytes++] = chunk[position++]!
      if (this.#headerBytes === 4) this.#checkLength()
    }
    if (this.#headerBytes === HEADER_BYTES) {
      this.#kind = frameKind(this.#header[4]!)
      this.#id = readUint32(this.#header, 5)
      if (this.#payloadBytes === 0) this.#complete(new Uint8Array(0))
      else if (this.#kind === FrameKind.cancel) throw protocolError('a cancel frame has a payload')
    }
    return position
  }

  #checkLength(): void {
    const length = readUint32(this.#header, 0)
    if (length < COVERED_HEADER_BYTES)
      throw protocolError(`a frame of ${length} bytes is too short for its header`)
    this.#payloadBytes = length - COVERED_HEADER_BYTES
    this.#missingBytes = this.#payloadBytes
    if (this.#payloadBytes > this.#maxFrameBytes) {
      throw new TransportError(
        'TRANSPORT_FRAME_TOO_LARGE',
        `the peer announced a frame of ${this.#payloadBytes} bytes, over the limit of ${this.#maxFrameBytes}`,
      )
    }
  }

  #readPayload(chunk: Uint8Array, position: number): number {
    const bytes = Math.min(this.#missingBytes, chunk.length - position)
    // A plain Uint8Array also when the chunk is a Buffer, so that all transports hand out the same type.
    const part = new Uint8Array(chunk.buffer, chunk.byteOffset + position, bytes)
    this.#missingBytes -= bytes
    if (this.#missingBytes > 0) this.#parts.push(part)
    else if (this.#parts.length === 0) this.#complete(part)
    else this.#complete(joined([...this.#parts, part], this.#payloadBytes))
    return position + bytes
  }

  #complete(payload: Uint8Array): void {
    this.#headerBytes = 0
    this.#parts = []
    this.#completed++
    this.#onFrame(this.#kind, this.#id, payload)
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let position = 0
  for (const part of parts) {
    whole.set(part, position)
    position += part.length
  }
  return whole
}

function frameKind(byte: number): FrameKind {
  if (byte === FrameKind.request || byte === FrameKind.response || byte === FrameKind.cancel) return byte
  throw protocolError(`there is no frame kind ${byte}`)
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

function protocolError(message: string): TransportError {
  return new TransportError('TRANSPORT_PROTOCOL', message)
}
