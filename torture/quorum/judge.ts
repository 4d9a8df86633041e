import { checkLinearizability, type RegisterOperation } from '@quorate/sim/linearizability'
import { onceKeyPrefix, type Operation } from './history.ts'

/** What must never be seen. */
export interface Violation {
  readonly rule: 'lost' | 'resurrected' | 'disorder' | 'not linearizable'
  readonly what: string
  /** What there is to look at. */
  readonly operations: readonly Operation[]
}

/** What a key holds in the end; `undefined` is nothing. */
export type FinalState = ReadonlyMap<
  string,
  { readonly value: string; readonly revision: number } | undefined
>

/** Everything that is wrong with what clients saw. */
export function judge(history: readonly Operation[], final: FinalState): readonly Violation[] {
  return [...lostAndResurrected(history, final), ...disorder(history), ...notLinearizable(history)]
}

/** Keys that were written once: acknowledged ones are there for ever, refused ones never. */
function* lostAndResurrected(history: readonly Operation[], final: FinalState): Iterable<Violation> {
  for (const operation of history) {
    const { key, outcome, written, revision } = operation
    if (!key.startsWith(onceKeyPrefix)) continue
    const found = final.get(key)
    const isThere = found?.value === written && (revision === undefined || found?.revision === revision)
    if (outcome === 'done' && !isThere)
      yield { rule: 'lost', what: `${key} was acknowledged`, operations: [operation] }
    if (outcome === 'refused' && found !== undefined) {
      yield { rule: 'resurrected', what: `${key} was refused`, operations: [operation] }
    }
  }
}

/**
 * Revisions are offsets of one log, so that they put every change in one order, and order needs no search: what was called
 * after something returned comes behind it, and no read goes back.
 */
function* disorder(history: readonly Operation[]): Iterable<Violation> {
  const changes = new Map<number, Operation>()
  const values = new Map<number, string>()
  for (const operation of history) {
    const { type, outcome, revision, written, read } = operation
    if (outcome !== 'done' || revision === undefined) continue
    const twin = type === 'read' ? undefined : changes.get(revision)
    if (twin !== undefined) {
      yield { rule: 'disorder', what: `two changes at offset ${revision}`, operations: [twin, operation] }
    }
    if (type !== 'read') changes.set(revision, operation)
    const value = type === 'read' ? read : written
    if (value === undefined) continue
    if ((values.get(revision) ?? value) !== value) {
      yield { rule: 'disorder', what: `two values at offset ${revision}`, operations: [operation] }
    }
    values.set(revision, value)
  }
  yield* outOfTime(history)
}

function* outOfTime(history: readonly Operation[]): Iterable<Violation> {
  const certain = history.filter(({ outcome, revision }) => outcome === 'done' && revision !== undefined)
  const moments = certain.flatMap((operation) => [
    { operation, atMs: operation.invokedMs, isReturn: false },
    { operation, atMs: operation.returnedMs ?? Infinity, isReturn: true },
  ])
  moments.sort((a, b) => a.atMs - b.atMs || Number(a.isReturn) - Number(b.isReturn))
  let newest: Operation | undefined
  const newestOfKey = new Map<string, Operation>()
  const before = new Map<Operation, Operation | undefined>()
  for (const { operation, isReturn } of moments) {
    const { key, type, revision = 0 } = operation
    const isRead = type === 'read'
    if (!isReturn) {
      before.set(operation, isRead ? newestOfKey.get(key) : newest)
      continue
    }
    const earlier = before.get(operation)
    if (earlier !== undefined && (isRead ? earlier.revision! > revision : earlier.revision! >= revision)) {
      const what = `offset ${revision} after offset ${earlier.revision} had been seen`
      yield { rule: 'disorder', what, operations: [earlier, operation] }
    }
    if (!isRead && revision > (newest?.revision ?? -1)) newest = operation
    if (revision > (newestOfKey.get(key)?.revision ?? -1)) newestOfKey.set(key, operation)
  }
}

/** Each register on its own, by Wing and Gong's search, which knows nothing of offsets. */
function* notLinearizable(history: readonly Operation[]): Iterable<Violation> {
  const valueAt = new Map<number, string>()
  for (const { type, outcome, revision, written, read } of history) {
    const value = type === 'read' ? read : written
    if (outcome === 'done' && revision !== undefined && value !== undefined) valueAt.set(revision, value)
  }
  for (const [key, operations] of Map.groupBy(history, (operation) => operation.key)) {
    const result = checkLinearizability(
      operations.flatMap((operation) => registerOperation(operation, valueAt)),
    )
    if (result === 'linearizable') continue
    const what = result === 'unknown' ? `${key} took too long to check` : `${key} has no order`
    yield { rule: 'not linearizable', what, operations }
  }
}

/** `operation` as the checker has it; nothing if it did nothing and saw nothing. */
function registerOperation(
  { key, type, written, expected, invokedMs, returnedMs, outcome, read, revision }: Operation,
  valueAt: ReadonlyMap<number, string>,
): RegisterOperation[] {
  const call = { key, invokedAt: invokedMs, ...(returnedMs === undefined ? {} : { returnedAt: returnedMs }) }
  if (outcome === 'refused') return []
  if (type === 'read') return outcome === 'done' ? [{ ...call, type: 'read', value: read }] : []
  if (outcome === 'conflict') {
    // It read what stood in its way. Whose value that was is only known if somebody saw it.
    const met = revision === undefined ? undefined : valueAt.get(revision)
    return revision !== undefined && met === undefined ? [] : [{ ...call, type: 'read', value: met }]
  }
  if (type !== 'compare-and-set') return [{ ...call, type: 'write', value: written }]
  return [{ ...call, type, value: written, expected: valueAt.get(expected ?? -1) }]
}
