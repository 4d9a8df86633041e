import { continueCrc32c } from '../checksum.ts'
import { blockBytes } from './snapshot-format.ts'
import type { Trailer } from './snapshot-format.ts'

/** Sums up a body that comes in pieces of any size: as a whole behind its header, and block by block. */
export class BodyChecksums {
  readonly #blocks: number[] = []
  #bytes = 0
  #checksum: number

  constructor(header: Uint8Array) {
    this.#checksum = continueCrc32c(0, header)
  }

  get bytes(): number {
    return this.#bytes
  }

  add(bytes: Uint8Array): void {
    this.#checksum = continueCrc32c(this.#checksum, bytes)
    for (let position = 0; position < bytes.byteLength;) {
      const filled = this.#bytes % blockBytes
      const piece = bytes.subarray(position, position + blockBytes - filled)
      const before = filled === 0 ? 0 : (this.#blocks.pop() ?? 0)
      this.#blocks.push(continueCrc32c(before, piece))
      this.#bytes += piece.byteLength
      position += piece.byteLength
    }
  }

  trailer(): Trailer {
    return { bytes: this.#bytes, checksum: this.#checksum, blocks: this.#blocks }
  }
}
