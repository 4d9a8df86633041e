import type { Writable } from 'node:stream'
import { COVERED_HEADER_BYTES, HEADER_BYTES } from './frame.ts'
import type { FrameKind } from './frame.ts'

const BLOCK_BYTES = 16 * 1024
/** Larger payloads are handed to the socket as they are instead of being copied. */
const MAX_COPIED_BYTES = 4 * 1024

/**
 * Writes frames to a socket. Everything written before the event loop's next turn leaves in one system call.
 *
 * Small payloads are copied; a large one must not change until the peer has answered.
 */
export class FrameWriter {
  readonly #socket: Writable
  readonly #onSent: () => void
  /** Only ever written forward; once full it is left to the socket and the collector, never reused. */
  #block = Buffer.alloc(0)
  #flushedTo = 0
  #writtenTo = 0
  #pieces: Uint8Array[] = []
  #unflushedBytes = 0
  #scheduled = false

  /** @param onSent called when what was written has been handed to the operating system */
  constructor(socket: Writable, onSent: () => void) {
    this.#socket = socket
    this.#onSent = onSent
  }

  /** Bytes that have not reached the operating system. */
  get queuedBytes(): number {
    return this.#unflushedBytes + this.#socket.writableLength
  }

  /** Queues one frame. */
  write(kind: FrameKind, id: number, payload: Uint8Array): void {
    const copied = payload.byteLength <= MAX_COPIED_BYTES
    this.#reserve(copied ? HEADER_BYTES + payload.byteLength : HEADER_BYTES)
    let position = this.#block.writeUInt32BE(COVERED_HEADER_BYTES + payload.byteLength, this.#writtenTo)
    position = this.#block.writeUInt8(kind, position)
    position = this.#block.writeUInt32BE(id, position)
    if (copied) {
      this.#block.set(payload, position)
      this.#writtenTo = position + payload.byteLength
    } else {
      this.#writtenTo = position
      this.#endPiece()
      this.#pieces.push(payload)
    }
    this.#unflushedBytes += HEADER_BYTES + payload.byteLength
    this.#schedule()
  }

  /** Hands everything to the socket now. */
  flush(): void {
    this.#endPiece()
    const pieces = this.#pieces
    if (pieces.length === 0 || this.#socket.destroyed) return
    this.#pieces = []
    this.#unflushedBytes = 0
    const last = pieces.pop()
    if (pieces.length > 0) this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.write(last, this.#onSent)
    if (pieces.length > 0) this.#socket.uncork()
  }

  #reserve(bytes: number): void {
    if (this.#block.length - this.#writtenTo >= bytes) return
    this.#endPiece()
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    this.#flushedTo = 0
    this.#writtenTo = 0
  }

  #endPiece(): void {
    if (this.#writtenTo === this.#flushedTo) return
    this.#pieces.push(this.#block.subarray(this.#flushedTo, this.#writtenTo))
    this.#flushedTo = this.#writtenTo
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // After the promise jobs under way, so that answers that are ready together leave together.
    process.nextTick(() => {
      this.#scheduled = false
      this.flush()
    })
  }
}
