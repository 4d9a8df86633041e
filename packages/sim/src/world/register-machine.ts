import { type Batch, nextOffset, type Offset } from '@quorate/log'
import { isControlBatch } from '@quorate/raft'
import { mix } from '../trace.ts'

/** One write of a client: a register, and a value that no other write has. */
export interface RegisterWrite {
  readonly key: number
  readonly value: number
}

/** As a proposal's payload. */
export function encodeWrite({ key, value }: RegisterWrite): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, key)
  view.setUint32(4, value)
  return bytes
}

/** The write in a batch; `undefined` for a batch of the consensus layer. */
export function decodeWrite(batch: Batch): RegisterWrite | undefined {
  if (isControlBatch(batch)) return undefined
  return readWrite(batch.payload)
}

function readWrite({ buffer, byteOffset, byteLength }: Uint8Array): RegisterWrite {
  const view = new DataView(buffer, byteOffset, byteLength)
  return { key: view.getUint32(0), value: view.getUint32(4) }
}

/** The state machine of every simulated node: some registers, and a hash over all of them that is cheap to keep. */
export class RegisterMachine {
  readonly #registers = new Map<number, number>()
  #appliedOffset: Offset = 0
  #hash = 0

  /** Everything before it was applied. */
  get appliedOffset(): Offset {
    return this.#appliedOffset
  }

  /** Depends on the registers and the offset, and not on the way there. */
  get stateHash(): number {
    return mix(this.#hash, this.#appliedOffset)
  }

  /** The registers as they are now, in pieces; what is applied meanwhile does not show. */
  snapshot(paddingBytes: number): Iterable<Uint8Array> {
    const registers = [...this.#registers].toSorted(([a], [b]) => a - b)
    return [
      ...registers.map(([key, value]) => encodeWrite({ key, value })),
      // Something to carry: a state of a few bytes is over before anything can happen to it.
      new Uint8Array(paddingBytes),
    ]
  }

  /** Takes over what `snapshot` gave, which stands for everything before `endOffset`. */
  load(bytes: Uint8Array, paddingBytes: number, endOffset: Offset): void {
    this.#registers.clear()
    this.#hash = 0
    this.#appliedOffset = endOffset
    const end = bytes.byteLength - paddingBytes
    for (let at = 0; at < end; at += 8) {
      const { key, value } = readWrite(bytes.subarray(at, at + 8))
      this.#registers.set(key, value)
      this.#hash ^= mix(key, value)
    }
  }

  apply(batch: Batch, write: RegisterWrite | undefined): void {
    this.#appliedOffset = nextOffset(batch)
    if (write === undefined) return
    const { key, value } = write
    const before = this.#registers.get(key)
    if (before !== undefined) this.#hash ^= mix(key, before)
    this.#registers.set(key, value)
    this.#hash ^= mix(key, value)
  }
}
