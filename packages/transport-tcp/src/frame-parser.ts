import { TransportError } from '@quorate/transport'
import { COVERED_HEADER_BYTES, FrameKind, HEADER_BYTES } from './frame.ts'

const NOTHING = new Uint8Array(0)

/** Called for every complete frame. The payload belongs to the callee. */
export type OnFrame = (kind: FrameKind, id: number, payload: Uint8Array) => void

// Room for the rest of a payload is made for at most so many times what of it has arrived.
const GROWTH = 4

/**
 * Cuts a stream of bytes into frames.
 *
 * The length is checked from the four bytes that carry it, and little is allocated on its promise: at most four times
 * what has arrived. A payload within one chunk is a view on it, unless the chunk's memory is used again; one that spans
 * several is copied.
 */
export class FrameParser {
  readonly #maxFrameBytes: number
  readonly #onFrame: OnFrame
  readonly #chunksAreReused: boolean
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerBytes = 0
  #kind: FrameKind = FrameKind.request
  #id = 0
  #payloadBytes = 0
  /** The part of the payload that has arrived is at its beginning. */
  #payload = NOTHING
  #arrivedBytes = 0
  #completed = 0
  #halted = false

  /** @param chunksAreReused what is pushed changes once {@link push} returned */
  constructor(maxFrameBytes: number, onFrame: OnFrame, chunksAreReused = false) {
    this.#maxFrameBytes = maxFrameBytes
    this.#onFrame = onFrame
    this.#chunksAreReused = chunksAreReused
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
   * Takes the next bytes of the stream.
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
      if (this.#payloadBytes === 0) this.#complete(NOTHING)
      else if (this.#kind === FrameKind.cancel) throw protocolError('a cancel frame has a payload')
    }
    return position
  }

  #checkLength(): void {
    const length = readUint32(this.#header, 0)
    if (length < COVERED_HEADER_BYTES)
      throw protocolError(`a frame of ${length} bytes is too short for its header`)
    this.#payloadBytes = length - COVERED_HEADER_BYTES
    if (this.#payloadBytes > this.#maxFrameBytes) {
      throw new TransportError(
        'TRANSPORT_FRAME_TOO_LARGE',
        `the peer announced a frame of ${this.#payloadBytes} bytes, over the limit of ${this.#maxFrameBytes}`,
      )
    }
  }

  #readPayload(chunk: Uint8Array, position: number): number {
    const bytes = Math.min(this.#payloadBytes - this.#arrivedBytes, chunk.length - position)
    // A plain Uint8Array also when the chunk is a Buffer, so that all transports hand out the same type.
    const part = new Uint8Array(chunk.buffer, chunk.byteOffset + position, bytes)
    if (bytes === this.#payloadBytes) this.#complete(this.#chunksAreReused ? part.slice() : part)
    else this.#assemble(part)
    return position + bytes
  }

  /** Puts a part of the payload behind those before it. */
  #assemble(part: Uint8Array): void {
    const arrived = this.#arrivedBytes + part.length
    if (this.#payload.length < arrived) {
      const grown = new Uint8Array(Math.min(this.#payloadBytes, GROWTH * arrived))
      grown.set(this.#payload.subarray(0, this.#arrivedBytes))
      this.#payload = grown
    }
    this.#payload.set(part, this.#arrivedBytes)
    this.#arrivedBytes = arrived
    if (arrived === this.#payloadBytes) this.#complete(this.#payload)
  }

  #complete(payload: Uint8Array): void {
    this.#headerBytes = 0
    this.#payload = NOTHING
    this.#arrivedBytes = 0
    this.#completed++
    this.#onFrame(this.#kind, this.#id, payload)
  }
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
