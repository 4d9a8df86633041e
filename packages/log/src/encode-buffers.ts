import { encodeTarget, encodeTargetOf } from './batch-codec.ts'
import type { EncodeTarget } from './batch-codec.ts'

// Below it, buffers are parts of Node.js's pool and cost next to nothing.
const minKeptBytes = 4 * 1024
const maxKeptBytes = 4 * 1024 * 1024
// One for the write under way, one for the write that is planned meanwhile.
const maxKept = 2

/**
 * Room to encode writes in, used again once a write is done.
 *
 * V8 counts the bytes of new buffers, and collects all garbage each time they come to some ten megabytes.
 */
export class EncodeBuffers {
  readonly #isReused: boolean
  readonly #kept: EncodeTarget[] = []

  /** @param isReused - whoever is given what was encoded keeps a copy of its own: every LevelDB does */
  constructor(isReused: boolean) {
    this.#isReused = isReused
  }

  /** Room for `byteLength` bytes or more, not zeroed. */
  take(byteLength: number): EncodeTarget {
    if (!this.#isReused || byteLength < minKeptBytes || byteLength > maxKeptBytes)
      return encodeTarget(byteLength)
    const index = this.#kept.findIndex(({ bytes }) => bytes.byteLength >= byteLength)
    const [kept] = index < 0 ? [] : this.#kept.splice(index, 1)
    return kept ?? encodeTargetOf(Buffer.allocUnsafeSlow(powerOfTwo(byteLength)))
  }

  /** Nobody looks at what was encoded there any more. */
  give(target: EncodeTarget): void {
    const { byteLength } = target.bytes
    if (!this.#isReused || byteLength < minKeptBytes || byteLength > maxKeptBytes) return
    this.#kept.push(target)
    if (this.#kept.length > maxKept) this.#kept.splice(smallest(this.#kept), 1)
  }
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast))
}

function smallest(targets: readonly EncodeTarget[]): number {
  let index = 0
  for (const [other, { bytes }] of targets.entries())
    if (bytes.byteLength < targets[index]!.bytes.byteLength) index = other
  return index
}
