import { encodedBytes } from './batch-codec.ts'
import { checkBatch, checkBatches } from './batch-check.ts'
import type { Batch, Offset } from './batch.ts'
import { checkHardState } from './hard-state-codec.ts'
import type { NewBatch } from './log.ts'
import type { LogWrite } from './raft-log.ts'

/** A checked change that waits for its turn: a `LogWrite`, or batches that get their offsets when the turn comes. */
export interface WriteRequest {
  readonly write: LogWrite | undefined
  readonly append: readonly NewBatch[] | undefined
  readonly batchCount: number
  /** Envelopes and payloads. */
  readonly bytes: number
}

/** Base offsets of what an append put into the log; empty for any other write. */
export type WriteResult = Offset[]

/**
 * Checks all of `write` that can be checked without knowing where the log ends then.
 *
 * @throws LOG_BATCH_INVALID, LOG_BATCH_TOO_LARGE, LOG_OFFSET_OUT_OF_RANGE, LOG_HARD_STATE_INVALID
 */
export function writeRequest(write: LogWrite, maxBatchBytes: number): WriteRequest {
  const batches: readonly Batch[] = write.batches ?? []
  checkBatches(batches, maxBatchBytes)
  if (write.hardState !== undefined) checkHardState(write.hardState)
  return { write, append: undefined, batchCount: batches.length, bytes: encodedBytes(batches) }
}

/** The same for an append. @throws LOG_BATCH_INVALID, LOG_BATCH_TOO_LARGE */
export function appendRequest(batches: readonly NewBatch[], maxBatchBytes: number): WriteRequest {
  for (const batch of batches) checkBatch(batch, maxBatchBytes)
  return { write: undefined, append: batches, batchCount: batches.length, bytes: encodedBytes(batches) }
}
