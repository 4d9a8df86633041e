import type { Batch, EpochStart, HardState, Offset } from '@quorate/log'
import type { LogLimits } from './logs.ts'

/** Asks for everything that the logs in `path` have. */
export interface ReadRequest {
  readonly path: string
  /** Whether to make the logs first that are not there. */
  readonly create: boolean
  /** Where batches are expected in each log: after an error reading goes on at the next, and some are read by themselves. */
  readonly probes: readonly (readonly Offset[])[]
  readonly maxReadBytes: number
  readonly limits: LogLimits
}

/** A batch that was read. */
export interface ServedBatch extends Omit<Batch, 'payload'> {
  readonly fingerprint: string
}

/** What somebody who opens the log and reads all of it gets to see. */
export type Observation = Refusal | OpenedObservation

/** The log did not open. */
interface Refusal {
  readonly opened: false
  /** Code of the error, `no code` for one that is not the log's own, or the signal that ended the process. */
  readonly code: string
  readonly message: string
}

/** The log opened. */
export interface OpenedObservation {
  readonly opened: true
  /** Whether the log said on opening that it lost what it had promised. */
  readonly damaged: boolean
  readonly startOffset: Offset
  readonly endOffset: Offset
  readonly epochs: readonly EpochStart[]
  readonly hardState: HardState | undefined
  /** Every batch, from the start to the end. */
  readonly inOrder: readonly ServedBatch[]
  /** Batches that were read once more, one by one. */
  readonly again: readonly ServedBatch[]
  readonly errors: readonly { readonly offset: Offset; readonly code: string }[]
}
