import { encodedBytes } from './batch-codec.ts'
import { checkBatch, checkBatches } from './batch-check.ts'
import type { Epoch, Offset } from './batch.ts'
import { checkHardState } from './hard-state-codec.ts'
import type { NewBatch } from './log.ts'
import type { LogWrite } from './raft-log.ts'

interface Size {
  readonly batchCount: number
  /** Envelopes and payloads. */
  readonly bytes: number
}

/** A checked change that waits for its turn. */
export type WriteRequest =
  | ({ readonly kind: 'write'; readonly write: LogWrite } & Size)
  /** Batches that get their offsets when the turn comes. */
  | ({ readonly kind: 'append'; readonly batches: readonly NewBatch[] } & Size)
  /** The log begins at `offset`, or before it where only that can be done. */
  | ({ readonly kind: 'deleteBefore'; readonly offset: Offset } & Size)
  /** Everything goes, and the log continues at `offset`, after a batch of `epoch`. */
  | ({ readonly kind: 'reset'; readonly offset: Offset; readonly epoch: Epoch } & Size)
  /** Chunks that are no part of the log any more go; before `sweptTo` there are no others. */
  | ({ readonly kind: 'sweep'; readonly chunkKeys: readonly Uint8Array[]; readonly sweptTo: Offset } & Size)

/** Base offsets of what an append put into the log; empty for any other write. */
export type WriteResult = Offset[]

/**
 * Checks all of `write` that can be checked without knowing where the log ends then.
 *
 * @throws LOG_BATCH_INVALID, LOG_BATCH_TOO_LARGE, LOG_OFFSET_OUT_OF_RANGE, LOG_HARD_STATE_INVALID
 */
export function writeRequest(write: LogWrite, maxBatchBytes: number): WriteRequest {
  const { batches = [], hardState } = write
  checkBatches(batches, maxBatchBytes)
  if (hardState !== undefined) checkHardState(hardState)
  return { kind: 'write', write, batchCount: batches.length, bytes: encodedBytes(batches) }
}

/** The same for an append. @throws LOG_BATCH_INVALID, LOG_BATCH_TOO_LARGE */
export function appendRequest(batches: readonly NewBatch[], maxBatchBytes: number): WriteRequest {
  for (const batch of batches) checkBatch(batch, maxBatchBytes)
  return { kind: 'append', batches, batchCount: batches.length, bytes: encodedBytes(batches) }
}

/** Whether `request` is settled against what is on disk, so that nothing of the same write may stand before it. */
export function standsFirst(request: WriteRequest): boolean {
  if (request.kind === 'append') return false
  return request.kind !== 'write' || request.write.truncateTo !== undefined
}
