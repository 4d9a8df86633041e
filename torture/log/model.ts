import type { Batch, Epoch, HardState, Offset } from '@quorate/log'

/** A batch as it must be read: all its fields, and which payload it has. */
export interface ModelBatch extends Omit<Batch, 'payload'> {
  readonly payloadId: number
  readonly payloadBytes: number
}

/** What a log holds: the whole truth that a campaign compares with what is read. */
export interface LogState {
  /** In order, without a gap. Those before `latestStart` may be gone already: the log drops whole segments. */
  readonly batches: readonly ModelBatch[]
  /** The log begins here or before. */
  readonly latestStart: Offset
  readonly hardState: HardState | undefined
}

/** One atomic request to the log. */
export type Step =
  | { readonly call: 'append'; readonly batches: readonly ModelBatch[] }
  | WriteStep
  | { readonly call: 'deleteBefore'; readonly offset: Offset }
  | { readonly call: 'reset'; readonly offset: Offset; readonly epoch: Epoch }

/** Cut, then append, then replace the hard state. */
interface WriteStep {
  readonly call: 'write'
  readonly truncateTo?: Offset
  readonly batches?: readonly ModelBatch[]
  readonly hardState?: HardState
}

/** A log to which nothing has happened yet. */
export const emptyState: LogState = { batches: [], latestStart: 0, hardState: undefined }

/** Offset that the next record of `state` gets. */
export function endOffset({ batches, latestStart }: LogState): Offset {
  const last = batches.at(-1)
  return last === undefined ? latestStart : last.baseOffset + last.count
}

/** `state` after `step`. */
export function apply(state: LogState, step: Step): LogState {
  if (step.call === 'append') return { ...state, batches: [...state.batches, ...step.batches] }
  if (step.call === 'deleteBefore') return { ...state, latestStart: Math.max(state.latestStart, step.offset) }
  if (step.call === 'reset') return { ...state, batches: [], latestStart: step.offset }
  const { truncateTo = Infinity, batches = [], hardState = state.hardState } = step
  const kept = state.batches.filter(({ baseOffset }) => baseOffset < truncateTo)
  return { ...state, batches: [...kept, ...batches], hardState }
}
