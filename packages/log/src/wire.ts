import type { Batch } from './batch.ts'
import { checkBatches } from './batch-check.ts'
import {
  batchHeaderBytes,
  decodeBatchBytes,
  encodedBytes,
  encodeTargetOf,
  writeBatch,
} from './batch-codec.ts'

/**
 * Encodes contiguous batches to be sent or stored elsewhere, in the format of docs/formats.md.
 *
 * The chain of checksums starts at 0 with the first of them, so the bytes stand by themselves. No batches, no bytes.
 *
 * @throws LOG_BATCH_INVALID (a field out of range, or an epoch that goes back), LOG_OFFSET_OUT_OF_RANGE (a gap)
 */
export function encodeBatches(batches: readonly Batch[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(encodedBytes(batches))
  encodeBatchesInto(bytes, 0, batches)
  return bytes
}

/**
 * Encodes as {@link encodeBatches} does, to where there is room already: {@link encodedBytes} says how much it takes.
 *
 * @param into - written from position `at` on
 * @throws LOG_BATCH_INVALID, LOG_OFFSET_OUT_OF_RANGE; nothing is written then
 */
export function encodeBatchesInto(into: Uint8Array, at: number, batches: readonly Batch[]): void {
  checkBatches(batches, Number.MAX_SAFE_INTEGER)
  const target = encodeTargetOf(into)
  let position = at
  let checksum = 0
  for (const batch of batches) {
    checksum = writeBatch(target, position, batch, checksum)
    position += batchHeaderBytes + batch.payload.byteLength
  }
}

/**
 * Decodes what {@link encodeBatches} made, and trusts none of it: checksums, lengths, order and chain are verified.
 *
 * Payloads are views of `bytes`, not copies.
 *
 * @param options.maxBatches Most batches to accept. @default what fits in `bytes`
 * @throws LOG_CORRUPT; nothing is returned then, not even the good batches before the bad one
 */
export function decodeBatches(bytes: Uint8Array, options: { readonly maxBatches?: number } = {}): Batch[] {
  return decodeBatchBytes(bytes, { ...options, previousChecksum: 0 }).batches
}
