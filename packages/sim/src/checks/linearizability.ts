/** A write or a read of one register, as its client saw it. */
export interface RegisterOperation {
  readonly key: number
  readonly type: 'write' | 'read'
  /** What was written; what was read, `undefined` if nothing was there. Written values are unique within a key. */
  readonly value: number | undefined
  readonly invokedAt: number
  /** Absent for a write whose outcome its client never learned. A read without an outcome saw nothing: leave it out. */
  readonly returnedAt?: number
}

/** What a check came to. `unknown`: the search was given up, which proves nothing either way. */
export type Linearizability = 'linearizable' | 'not linearizable' | 'unknown'

/** Operations of one key must fit one order in which each takes effect between its call and its return. */
interface Call {
  readonly operation: RegisterOperation
  readonly index: number
}

/** An entry of the history: a call, or the return of one. Entries are linked in order of time. */
interface Entry {
  readonly call: Call
  readonly isReturn: boolean
  /** The return of a call. */
  match: Entry | undefined
  previous: Entry | undefined
  next: Entry | undefined
}

/** Steps of the search that a key is worth. */
const defaultMaxSteps = 5_000_000

/**
 * Whether `history` could have happened on registers that do one thing at a time.
 *
 * Registers are independent, so each key is searched alone (P-compositionality, Horn and Kroening 2015). The search is
 * Wing and Gong's with Lowe's memory of configurations: which operations took effect, and what the register held then.
 *
 * @param maxSteps - steps after which the search of a key is given up. @default 5_000_000
 */
export function checkLinearizability(
  history: readonly RegisterOperation[],
  maxSteps: number = defaultMaxSteps,
): Linearizability {
  let isUnknown = false
  for (const operations of Map.groupBy(history, ({ key }) => key).values()) {
    const result = checkRegister(operations, maxSteps)
    if (result === 'not linearizable') return result
    if (result === 'unknown') isUnknown = true
  }
  return isUnknown ? 'unknown' : 'linearizable'
}

function checkRegister(operations: readonly RegisterOperation[], maxSteps: number): Linearizability {
  const head = link(operations)
  const open = operations.filter(({ returnedAt }) => returnedAt !== undefined).length
  const done = new Set<number>()
  const stack: { readonly entry: Entry; readonly before: number | undefined }[] = []
  const seen = new Set<string>()
  let register: number | undefined
  let returned = 0
  let entry = head.next
  for (let step = 0; step < maxSteps; step += 1) {
    // Writes without an outcome may just as well never take effect.
    if (returned === open) return 'linearizable'
    if (entry !== undefined && !entry.isReturn) {
      const { operation, index } = entry.call
      const isPossible = operation.type === 'write' || operation.value === register
      const after = operation.type === 'write' ? operation.value : register
      if (isPossible && isNew(seen, done, index, after)) {
        stack.push({ entry, before: register })
        register = after
        if (operation.returnedAt !== undefined) returned += 1
        lift(entry)
        entry = head.next
        continue
      }
      entry = entry.next
      continue
    }
    // Someone returned whose effect could not be placed, or nothing is left to try: take the last step back.
    const last = stack.pop()
    if (last === undefined) return 'not linearizable'
    register = last.before
    done.delete(last.entry.call.index)
    if (last.entry.call.operation.returnedAt !== undefined) returned -= 1
    unlift(last.entry)
    entry = last.entry.next
  }
  return 'unknown'
}

/** Whether nothing was tried yet after these operations with this value. If so, `index` is among them from now on. */
function isNew(seen: Set<string>, done: Set<number>, index: number, value: number | undefined): boolean {
  done.add(index)
  const configuration = `${[...done].toSorted((a, b) => a - b).join()}:${value}`
  if (!seen.has(configuration)) {
    seen.add(configuration)
    return true
  }
  done.delete(index)
  return false
}

/** Calls and returns in order of time; calls come first where times are equal, since then they overlap. */
function link(operations: readonly RegisterOperation[]): Entry {
  const entries = operations.flatMap((operation, index): { entry: Entry; at: number }[] => {
    const call: Call = { operation, index }
    const entry: Entry = { call, isReturn: false, match: undefined, previous: undefined, next: undefined }
    if (operation.returnedAt === undefined) return [{ entry, at: operation.invokedAt }]
    const match: Entry = { call, isReturn: true, match: undefined, previous: undefined, next: undefined }
    entry.match = match
    return [
      { entry, at: operation.invokedAt },
      { entry: match, at: operation.returnedAt },
    ]
  })
  entries.sort((a, b) => a.at - b.at || Number(a.entry.isReturn) - Number(b.entry.isReturn))
  const head: Entry = {
    call: { operation: { key: 0, type: 'read', value: undefined, invokedAt: 0 }, index: -1 },
    isReturn: false,
    match: undefined,
    previous: undefined,
    next: undefined,
  }
  let last = head
  for (const { entry } of entries) {
    last.next = entry
    entry.previous = last
    last = entry
  }
  return head
}

function lift(entry: Entry): void {
  for (const gone of [entry, entry.match]) {
    if (gone === undefined) continue
    if (gone.previous !== undefined) gone.previous.next = gone.next
    if (gone.next !== undefined) gone.next.previous = gone.previous
  }
}

function unlift(entry: Entry): void {
  for (const back of [entry.match, entry]) {
    if (back === undefined) continue
    if (back.previous !== undefined) back.previous.next = back
    if (back.next !== undefined) back.next.previous = back
  }
}
