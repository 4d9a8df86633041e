import {
  batchHeaderBytes,
  encodedBytes,
  encodeTarget,
  previousChecksumOf,
  writeBatch,
} from './batch-codec.ts'
import type { Batch, Offset } from './batch.ts'
import { hole } from './chunk-store.ts'
import type { ChunkStore } from './chunk-store.ts'
import type { Operation } from './database.ts'
import { encodeEpochStart } from './epochs.ts'
import { LogError } from './errors.ts'
import { encodeHardState } from './hard-state-codec.ts'
import { assertInvariant } from './invariant.ts'
import type { Keys } from './keys.ts'
import type { Placement, Tail } from './tail.ts'

/** Where a commit is stored, and how large its chunks may grow. */
export interface CommitTarget {
  readonly store: ChunkStore
  readonly keys: Keys
  readonly maxChunkBytes: number
}

/**
 * One atomic write in the making: at most one cut, then any number of placed requests.
 *
 * `tail` and `checksum` are what the log will have once the write is durable.
 */
export class Commit {
  readonly #target: CommitTarget
  readonly #before: Tail
  readonly #cut: Operation[] = []
  readonly #batches: Batch[] = []
  #tail: Tail
  #checksum: number

  constructor(target: CommitTarget, tail: Tail, checksum: number) {
    this.#target = target
    this.#before = tail
    this.#tail = tail
    this.#checksum = checksum
  }

  get tail(): Tail {
    return this.#tail
  }

  get checksum(): number {
    return this.#checksum
  }

  /**
   * Plans to remove everything from `offset` on. Must come before the first `add`.
   *
   * @throws LOG_OFFSET_OUT_OF_RANGE (inside a batch), LOG_CORRUPT, LOG_IO
   */
  async cut(offset: Offset): Promise<void> {
    const { store, keys } = this.#target
    const cut: Operation[] = (await store.chunkKeysFrom(offset)).map((key) => ({ type: 'del', key }))
    for (const { epoch, startOffset } of this.#before.epochs)
      if (startOffset >= offset) cut.push({ type: 'del', key: keys.epoch(epoch) })
    const kept = await this.#keptOfChunk(offset)
    if (kept.rewritten !== undefined) cut.push(kept.rewritten)
    this.#cut.push(...cut)
    this.#checksum = kept.checksum
  }

  /** Adds a request that was placed behind {@link tail}. */
  add(placement: Placement): void {
    const endOffset = placement.truncateTo ?? this.#tail.endOffset
    assertInvariant(
      (placement.batches[0]?.baseOffset ?? endOffset) === endOffset,
      'batches begin where the log ends',
    )
    assertInvariant(placement.after.endOffset >= endOffset, 'batches never move the end of the log back')
    for (const batch of placement.batches) this.#batches.push(batch)
    this.#tail = placement.after
  }

  /** Encodes the write. Call it once; afterwards {@link checksum} includes the batches. */
  operations(): Operation[] {
    const { keys } = this.#target
    const operations = this.#cut
    for (const chunk of this.#encode()) operations.push(chunk)
    const kept = this.#tail.epochs.findLastIndex(({ startOffset }) => startOffset < this.#firstOffset())
    for (const start of this.#tail.epochs.slice(kept + 1))
      operations.push({ type: 'put', key: keys.epoch(start.epoch), value: encodeEpochStart(start) })
    const { hardState } = this.#tail
    if (hardState !== undefined && hardState !== this.#before.hardState)
      operations.push({ type: 'put', key: keys.hardState, value: encodeHardState(hardState) })
    return operations
  }

  #firstOffset(): Offset {
    return this.#batches[0]?.baseOffset ?? this.#tail.endOffset
  }

  /** The chunk that `offset` falls into keeps its batches before it. */
  async #keptOfChunk(offset: Offset): Promise<{ checksum: number; rewritten?: Operation }> {
    if (offset === this.#before.startOffset) return { checksum: 0 }
    const chunk = await this.#target.store.chunkAt(offset - 1)
    if (chunk === undefined || chunk.endOffset < offset) throw hole(offset - 1, undefined)
    if (chunk.endOffset === offset) return { checksum: chunk.checksum }
    const following = chunk.batches.findIndex((batch) => batch.baseOffset >= offset)
    if (chunk.batches[following]?.baseOffset !== offset)
      throw new LogError('LOG_OFFSET_OUT_OF_RANGE', `cannot cut at ${offset}: it is inside a batch`, {
        offset,
      })
    const keptBytes = encodedBytes(chunk.batches.slice(0, following))
    return {
      checksum: previousChecksumOf(chunk.bytes.subarray(keptBytes)),
      rewritten: {
        type: 'put',
        key: this.#target.keys.chunk(chunk.baseOffset),
        value: chunk.bytes.subarray(0, keptBytes),
      },
    }
  }

  /** Chunks end before they exceed `maxChunkBytes`, so that reading one batch does not mean reading a whole commit. */
  *#encode(): Generator<Operation> {
    const batches = this.#batches
    const target = encodeTarget(encodedBytes(batches))
    let position = 0
    let chunkStart = 0
    let chunkKey: Uint8Array | undefined
    for (const batch of batches) {
      const batchBytes = batchHeaderBytes + batch.payload.byteLength
      if (chunkKey !== undefined && position + batchBytes - chunkStart > this.#target.maxChunkBytes) {
        yield { type: 'put', key: chunkKey, value: target.bytes.subarray(chunkStart, position) }
        chunkKey = undefined
      }
      if (chunkKey === undefined) {
        chunkKey = this.#target.keys.chunk(batch.baseOffset)
        chunkStart = position
      }
      this.#checksum = writeBatch(target, position, batch, this.#checksum)
      position += batchBytes
    }
    if (chunkKey !== undefined)
      yield { type: 'put', key: chunkKey, value: target.bytes.subarray(chunkStart, position) }
  }
}
