import { nextOffset } from './batch.ts'
import type { Batch } from './batch.ts'
import { LogError } from './errors.ts'

const maxUint16 = 0xffff
const maxUint32 = 0xffff_ffff

/** A batch, or one that has no place in the log yet: what is absent is filled in later. */
interface BatchFields {
  readonly count?: number | undefined
  readonly epoch?: number | undefined
  readonly timestampMs?: number | undefined
  readonly attributes?: number | undefined
  readonly payload: Uint8Array
}

/**
 * Makes sure that a batch fits its envelope and the limit.
 *
 * @throws LOG_BATCH_INVALID (a field out of range), LOG_BATCH_TOO_LARGE (payload above `maxBatchBytes`)
 */
export function checkBatch(batch: BatchFields, maxBatchBytes: number): void {
  if (!(batch.payload instanceof Uint8Array)) throw invalid('payload', 'a Uint8Array', typeof batch.payload)
  if (batch.count !== undefined && !isInteger(batch.count, 1, maxUint32))
    throw invalid('count', 'an integer from 1 to 2^32-1', batch.count)
  if (batch.epoch !== undefined && !isInteger(batch.epoch, 0, maxUint32))
    throw invalid('epoch', 'an integer from 0 to 2^32-1', batch.epoch)
  if (batch.timestampMs !== undefined && !isInteger(batch.timestampMs, 0, Number.MAX_SAFE_INTEGER))
    throw invalid('timestampMs', 'whole milliseconds since 1970', batch.timestampMs)
  if (batch.attributes !== undefined && !isInteger(batch.attributes, 0, maxUint16))
    throw invalid('attributes', 'an integer from 0 to 2^16-1', batch.attributes)
  const bytes = batch.payload.byteLength
  if (bytes > maxBatchBytes) {
    throw new LogError(
      'LOG_BATCH_TOO_LARGE',
      `a batch of ${bytes} bytes is above maxBatchBytes (${maxBatchBytes}): split it or raise the limit`,
      { bytes, maxBatchBytes },
    )
  }
}

/**
 * Makes sure that every batch is valid by itself and follows the one before it without a gap.
 *
 * @throws LOG_BATCH_INVALID, LOG_BATCH_TOO_LARGE, LOG_OFFSET_OUT_OF_RANGE (a gap)
 */
export function checkBatches(batches: readonly Batch[], maxBatchBytes: number): void {
  let previous: Batch | undefined
  for (const batch of batches) {
    checkBatch(batch, maxBatchBytes)
    if (!isInteger(batch.baseOffset, 0, Number.MAX_SAFE_INTEGER - maxUint32))
      throw invalid('baseOffset', 'an integer from 0 to 2^53', batch.baseOffset)
    if (previous !== undefined) {
      if (batch.baseOffset !== nextOffset(previous)) throw gap(batch.baseOffset, nextOffset(previous))
      if (batch.epoch < previous.epoch) throw olderEpoch(batch.epoch, previous.epoch)
    }
    previous = batch
  }
}

/** A batch does not begin where the log ends. */
export function gap(baseOffset: number, endOffset: number): LogError {
  return new LogError(
    'LOG_OFFSET_OUT_OF_RANGE',
    `a batch has base offset ${baseOffset} where the log continues at ${endOffset}`,
    { baseOffset, endOffset },
  )
}

/** Epochs never go back along a log. */
export function olderEpoch(epoch: number, lastEpoch: number): LogError {
  return new LogError(
    'LOG_BATCH_INVALID',
    `a batch of epoch ${epoch} cannot follow one of epoch ${lastEpoch}`,
    {
      epoch,
      lastEpoch,
    },
  )
}

function isInteger(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function invalid(field: string, wanted: string, found: unknown): LogError {
  return new LogError('LOG_BATCH_INVALID', `${field} of a batch must be ${wanted}, not ${String(found)}`, {
    field,
    found,
  })
}
