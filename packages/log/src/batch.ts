/** Position of a record in a log. The first record ever written has offset 0. Always below 2^53. */
export type Offset = number

/** Number of a leader's reign. Every batch carries the epoch of the leader that appended it. */
export type Epoch = number

/** Bits of {@link Batch.attributes}. Bits not named here are kept as they are. */
export const BatchAttribute = {
  /** The payload is a control record of the consensus layer, not application data. */
  control: 1,
} as const

/**
 * The unit of the log: `count` records that were appended together and are read together.
 *
 * A batch occupies the offsets `baseOffset` to `baseOffset + count - 1`. The payload is opaque to the log.
 */
export interface Batch {
  readonly baseOffset: Offset
  /** Number of records, and so of offsets, in the batch. At least 1. */
  readonly count: number
  readonly epoch: Epoch
  /** Wall-clock milliseconds since 1970 at the leader when it appended the batch. */
  readonly timestampMs: number
  /** Bit set of {@link BatchAttribute}. */
  readonly attributes: number
  readonly payload: Uint8Array
}

/** The offset after the last record of `batch`. */
export function nextOffset(batch: Batch): Offset {
  return batch.baseOffset + batch.count
}
