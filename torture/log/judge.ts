import { isDeepStrictEqual } from 'node:util'
import type { EpochStart, Offset } from '@quorate/log'
import { apply, endOffset } from './model.ts'
import type { LogState, ModelBatch, Step } from './model.ts'
import type { Observation, OpenedObservation, ServedBatch } from './observation.ts'
import { fingerprint, payload } from './payload.ts'

/** What must never be seen. */
export type Violation =
  /** Acknowledged batches are not there. */
  | 'lost'
  /** A batch is missing between others, or cannot be read. */
  | 'hole'
  /** A part of one atomic request is there. */
  | 'torn'
  /** Bytes or fields that were never written there. */
  | 'wrong'
  /** A hard state older than the one acknowledged. */
  | 'forgotten'
  /** The log does not open, although nothing but a crash befell it. */
  | 'refused'

/** What was asked of the log since it held `start`, and how much of that was acknowledged. */
export interface History {
  readonly start: LogState
  readonly steps: readonly Step[]
  readonly acknowledged: number
  /** Where the log said that it begins. It may begin later now, never before. */
  readonly begins: Offset
}

/** The state that was found, or what is wrong. */
export type Verdict =
  | { readonly state: LogState; readonly reached: number }
  | { readonly violation: Violation; readonly what: string }

/**
 * Judges a log after a crash: it must be in the state after one of the requests, all of that and nothing else, and that
 * request must not stand before the last acknowledged one.
 */
export function judgeCrash(observed: Observation, history: History): Verdict {
  if (!observed.opened) return { violation: 'refused', what: `${observed.code}: ${observed.message}` }
  const states = statesOf(history)
  if (observed.startOffset < history.begins)
    return { violation: 'lost', what: `begins at ${observed.startOffset} again, not at ${history.begins}` }
  for (let reached = history.acknowledged; reached < states.length; reached += 1)
    if (isInState(observed, states[reached]!)) return { state: states[reached]!, reached }
  return diagnose(observed, states, history.acknowledged)
}

/** The states of all logs that were found, or what is wrong with the first that is not as it must be. */
export type LogsVerdict =
  | { readonly states: readonly LogState[] }
  | { readonly violation: Violation; readonly what: string }

/** Judges the logs of one database after a crash, each as {@link judgeCrash} does. */
export function judgeCrashOfAll(
  observed: readonly Observation[],
  histories: readonly History[],
): LogsVerdict {
  const states: LogState[] = []
  for (const [log, history] of histories.entries()) {
    const verdict = judgeCrash(observed[log]!, history)
    if ('violation' in verdict) return { ...verdict, what: `log ${log}: ${verdict.what}` }
    states.push(verdict.state)
  }
  return { states }
}

/** The state before the first step of `history`, and after each. */
export function statesOf({ start, steps }: History): LogState[] {
  const states = [start]
  for (const step of steps) states.push(apply(states.at(-1)!, step))
  return states
}

/** Whether `observed` shows exactly `state`. */
export function isInState(observed: OpenedObservation, state: LogState): boolean {
  return difference(observed, state) === undefined
}

/** In what `observed` differs from `state`, for people; `undefined` if in nothing. */
function difference(observed: OpenedObservation, state: LogState): string | undefined {
  const { startOffset, endOffset: end, errors, inOrder } = observed
  if (end !== endOffset(state)) return `ends at ${end}, not ${endOffset(state)}`
  const batches = batchesFrom(startOffset, state)
  if (batches === undefined) return `begins at ${startOffset}; ${state.latestStart} is the latest`
  if (!isDeepStrictEqual(observed.hardState, state.hardState))
    return `has the hard state ${JSON.stringify(observed.hardState)}, not ${JSON.stringify(state.hardState)}`
  if (errors[0] !== undefined) return `says ${errors[0].code} at ${errors[0].offset}`
  const other = batches.findIndex(
    (batch, index) => inOrder[index] === undefined || !isBatch(inOrder[index], batch),
  )
  if (other >= 0) return `has another batch, or none, at ${batches[other]!.baseOffset}`
  if (inOrder.length > batches.length) return `has ${inOrder.length} batches, not ${batches.length}`
  if (!isDeepStrictEqual(observed.epochs, epochsOf(batches)))
    return `has the epochs ${JSON.stringify(observed.epochs)}, not ${JSON.stringify(epochsOf(batches))}`
  return holdsOnly(observed.again, [state]) ? undefined : 'has another batch when it is read by itself'
}

/** What `state` holds if it begins at `start`; `undefined` if it cannot. */
export function batchesFrom(start: Offset, state: LogState): readonly ModelBatch[] | undefined {
  const batches = state.batches.filter(({ baseOffset }) => baseOffset >= start)
  const begins = batches[0]?.baseOffset ?? endOffset(state)
  return begins === start && start <= state.latestStart ? batches : undefined
}

/** Whether every one of `batches` is one that the log held in one of `states`. */
export function holdsOnly(batches: readonly ServedBatch[], states: readonly LogState[]): boolean {
  const known = byOffset(states)
  return batches.every((batch) => isKnown(batch, known))
}

/** Finds the worst that can be said. */
function diagnose(observed: OpenedObservation, states: readonly LogState[], acknowledged: number): Verdict {
  if (!holdsOnly([...observed.inOrder, ...observed.again], states))
    return { violation: 'wrong', what: 'a batch that was never written where it was read' }
  const gap = firstGap(observed)
  if (gap !== undefined) return { violation: 'hole', what: gap }
  const older = states.slice(0, acknowledged).findLastIndex((state) => isInState(observed, state))
  const wanted = states[acknowledged]!
  if (older >= 0) {
    const what = `the log is as after request ${older}; ${acknowledged} were acknowledged`
    return { violation: endOffset(states[older]!) === endOffset(wanted) ? 'forgotten' : 'lost', what }
  }
  if ((observed.hardState?.epoch ?? -1) < (wanted.hardState?.epoch ?? -1))
    return {
      violation: 'forgotten',
      what: `epoch ${observed.hardState?.epoch}, not ${wanted.hardState?.epoch}`,
    }
  if (observed.endOffset < endOffset(wanted))
    return { violation: 'lost', what: `ends at ${observed.endOffset}, not ${endOffset(wanted)}` }
  const near = states.slice(acknowledged).map((state) => difference(observed, state))
  return { violation: 'torn', what: `in none of the states that it may have: ${near.join('; or ')}` }
}

function firstGap({ inOrder, errors, startOffset, endOffset }: OpenedObservation): string | undefined {
  const [error] = errors
  if (error !== undefined) return `${error.code} at offset ${error.offset}`
  let next = startOffset
  for (const { baseOffset, count } of inOrder) {
    if (baseOffset !== next) return `${baseOffset} follows where ${next} should`
    next = baseOffset + count
  }
  return next === endOffset ? undefined : `the batches end at ${next}, the log at ${endOffset}`
}

type Known = ReadonlyMap<Offset, ReadonlySet<ModelBatch>>

const knownOf = new WeakMap<readonly LogState[], Known>()

/** Every batch that was at some time in one of `states`, by its base offset. */
function byOffset(states: readonly LogState[]): Known {
  const found = knownOf.get(states)
  if (found !== undefined) return found
  const known = new Map<Offset, Set<ModelBatch>>()
  for (const { batches } of states)
    for (const batch of batches) {
      const others = known.get(batch.baseOffset)
      if (others === undefined) known.set(batch.baseOffset, new Set([batch]))
      else others.add(batch)
    }
  knownOf.set(states, known)
  return known
}

function isKnown(batch: ServedBatch, known: Known): boolean {
  return [...(known.get(batch.baseOffset) ?? [])].some((model) => isBatch(batch, model))
}

const fingerprints = new WeakMap<ModelBatch, string>()

/** Whether `served` is `model` in every field and byte. */
function isBatch(served: ServedBatch, model: ModelBatch): boolean {
  let wanted = fingerprints.get(model)
  if (wanted === undefined) {
    wanted = fingerprint(payload(model.payloadId, model.payloadBytes))
    fingerprints.set(model, wanted)
  }
  return (
    served.fingerprint === wanted &&
    served.baseOffset === model.baseOffset &&
    served.count === model.count &&
    served.epoch === model.epoch &&
    served.timestampMs === model.timestampMs &&
    served.attributes === model.attributes
  )
}

/** The epoch index of a log that holds `batches`. */
export function epochsOf(batches: readonly ModelBatch[]): EpochStart[] {
  const epochs: EpochStart[] = []
  for (const { epoch, baseOffset } of batches)
    if (epoch !== epochs.at(-1)?.epoch) epochs.push({ epoch, startOffset: baseOffset })
  return epochs
}
