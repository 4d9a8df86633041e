import { isDeepStrictEqual } from 'node:util'
import type { Offset } from '@quorate/log'
import { batchesFrom, epochsOf, holdsOnly, isInState } from './judge.ts'
import type { Violation } from './judge.ts'
import { endOffset } from './model.ts'
import type { LogState } from './model.ts'
import type { Observation, OpenedObservation } from './observation.ts'

/** What became of a damaged log. */
export type DamageVerdict =
  /**
   * `whole`: nothing is missing. `reported`: opening or reading says that there is damage, and whatever is served is right.
   * `tornEnd`: the log is as it was some requests earlier, and says nothing.
   */
  | { readonly outcome: 'whole' | 'reported' | 'tornEnd'; readonly missing: number }
  | { readonly violation: Violation; readonly what: string }

/**
 * Judges what is served of a log that held the last of `states` and was damaged then.
 *
 * @param mayBeTorn How many of the last requests may be missing without a word, because the damage looks exactly like
 *   a write that a crash interrupted before it was acknowledged
 */
export function judgeDamage(
  observed: Observation,
  states: readonly LogState[],
  mayBeTorn: number,
): DamageVerdict {
  if (!observed.opened) {
    const said = observed.code.startsWith('LOG_') || observed.code.startsWith('SIG')
    if (said) return { outcome: 'reported', missing: 0 }
    return { violation: 'refused', what: `an error that says nothing: ${observed.code} ${observed.message}` }
  }
  const last = states.at(-1)!
  if (isInState(observed, last)) return { outcome: 'whole', missing: 0 }
  const reported = observed.damaged || observed.errors.length > 0
  if (!reported) {
    const earlier = states.findLastIndex((state) => isInState(observed, state))
    const missing = states.length - 1 - earlier
    if (earlier >= 0 && missing <= mayBeTorn) return { outcome: 'tornEnd', missing }
    if (earlier >= 0) return { violation: 'lost', what: `${missing} requests are missing without a word` }
  }
  return judgeServed(observed, states) ?? { outcome: 'reported', missing: 0 }
}

/** Judges the damaged logs of one database, each as {@link judgeDamage} does. @returns the worst of what it comes to */
export function judgeDamageOfAll(
  observed: readonly Observation[],
  states: readonly (readonly LogState[])[],
  mayBeTorn: number,
): DamageVerdict {
  const verdicts = states.map((own, log) => judgeDamage(observed[log]!, own, mayBeTorn))
  const wrong = verdicts.find((verdict) => 'violation' in verdict)
  const [worst] = (['reported', 'tornEnd', 'whole'] as const).flatMap((outcome) =>
    verdicts.filter((verdict) => 'outcome' in verdict && verdict.outcome === outcome),
  )
  return wrong ?? worst!
}

/**
 * What a log that admits to damage serves must be right; what it does not serve must be an error or behind its end. A log
 * that was opened as damaged is in some earlier state: what had been cut since may be there again.
 */
function judgeServed(observed: OpenedObservation, states: readonly LogState[]): DamageVerdict | undefined {
  const last = states.at(-1)!
  if (!holdsOnly([...observed.inOrder, ...observed.again], observed.damaged ? states : [last]))
    return { violation: 'wrong', what: 'a batch that was never written where it was read' }
  const bad = observed.errors.find(({ code }) => !code.startsWith('LOG_'))
  if (bad !== undefined) return { violation: 'refused', what: `an error that says nothing at ${bad.offset}` }
  const passedOver = firstPassedOver(observed)
  if (passedOver !== undefined) return { violation: 'hole', what: `offset ${passedOver} is passed over` }
  if (observed.damaged) return undefined
  if (observed.endOffset !== endOffset(last) || observed.startOffset > last.latestStart) {
    const what = `reaches from ${observed.startOffset} to ${observed.endOffset}, and does not say so`
    return { violation: 'lost', what }
  }
  if (!isDeepStrictEqual(observed.hardState, last.hardState))
    return { violation: 'forgotten', what: 'another hard state, and nothing said about it' }
  if (!isDeepStrictEqual(observed.epochs, epochsOf(batchesFrom(observed.startOffset, last) ?? [])))
    return { violation: 'wrong', what: 'another epoch index, and nothing said about it' }
  return undefined
}

/** The first offset that was neither served nor refused. */
function firstPassedOver({ inOrder, errors, startOffset, endOffset }: OpenedObservation): Offset | undefined {
  const failed = new Set(errors.map(({ offset }) => offset))
  let next = startOffset
  for (const { baseOffset, count } of inOrder) {
    if (baseOffset !== next && !failed.has(next)) return next
    next = baseOffset + count
  }
  return next === endOffset || failed.has(next) ? undefined : next
}
