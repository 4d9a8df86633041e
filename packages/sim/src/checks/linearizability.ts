/** What a register holds; `undefined` is nothing. */
export type RegisterValue = string | number | undefined

/** What was done to one register, as its client saw it. What failed for certain did nothing: leave it out. */
export interface RegisterOperation {
  readonly key: string | number
  /** A compare-and-set is one that succeeded, or whose outcome is unknown; one that failed is a read of what stood in its way. */
  readonly type: 'write' | 'read' | 'compare-and-set'
  /** What was written or read. Written values are unique within a key, but for `undefined`, which deletes. */
  readonly value: RegisterValue
  /** What a compare-and-set found. */
  readonly expected?: RegisterValue
  readonly invokedAt: number
  /** Absent for a change whose outcome its client never learned. A read without an outcome saw nothing: leave it out. */
  readonly returnedAt?: number
}

/** What a check came to. `unknown`: the search was given up, which proves nothing either way. */
export type Linearizability = 'linearizable' | 'not linearizable' | 'unknown'

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
    const { closed, open } = settle(operations)
    const result = new Search(closed, open).run(maxSteps)
    if (result === 'not linearizable') return result
    if (result === 'unknown') isUnknown = true
  }
  return isUnknown ? 'unknown' : 'linearizable'
}

/** An operation that took effect before a known time. */
type Closed = RegisterOperation & { readonly returnedAt: number }

/**
 * Closes or drops operations without an outcome where that changes nothing, since every one that stays makes the search longer.
 *
 * A written value is unique. So a change that somebody saw took effect before the first who did returned, and one that nobody
 * saw may as well never have happened. Deletes look all alike, and stay open.
 */
function settle(operations: readonly RegisterOperation[]): {
  readonly closed: readonly Closed[]
  readonly open: readonly RegisterOperation[]
} {
  const closed = operations.filter((operation): operation is Closed => operation.returnedAt !== undefined)
  const open: RegisterOperation[] = []
  let unsettled = operations.filter(({ returnedAt }) => returnedAt === undefined)
  const seenAt = new Map<RegisterValue, number>()
  const see = ({ type, value, expected, returnedAt = Infinity }: RegisterOperation): void => {
    if (type === 'write') return
    const seen = type === 'read' ? value : expected
    seenAt.set(seen, Math.min(returnedAt, seenAt.get(seen) ?? Infinity))
  }
  for (const operation of closed) see(operation)
  // One that was seen may be a compare-and-set, which saw something itself.
  for (;;) {
    const isSettled = ({ value }: RegisterOperation): boolean => value === undefined || seenAt.has(value)
    const settled = unsettled.filter(isSettled)
    if (settled.length === 0) return { closed, open }
    unsettled = unsettled.filter((operation) => !isSettled(operation))
    for (const operation of settled) {
      const returnedAt = operation.value === undefined ? Infinity : seenAt.get(operation.value)!
      if (returnedAt === Infinity) open.push(operation)
      else closed.push({ ...operation, returnedAt })
      see({ ...operation, returnedAt })
    }
  }
}

/** A choice that was made, and what takes it back. */
interface Step {
  readonly choice: Choice
  /** What the register held before. */
  readonly before: RegisterValue
  /** What else there was to choose, the best last. */
  readonly rest: Choice[]
}

/** The operation to take effect next. */
type Choice =
  | { readonly operation: RegisterOperation; readonly index: number; readonly group?: never }
  | { readonly operation: RegisterOperation; readonly group: OpenGroup; readonly index?: never }

/** Open operations with the same effect: it only matters how many of them took effect. */
interface OpenGroup {
  readonly operations: readonly RegisterOperation[]
  used: number
}

/** The search for an order of the operations of one register. */
class Search {
  /** By time of invocation. */
  readonly #closed: readonly Closed[]
  readonly #groups: readonly OpenGroup[]
  readonly #isDone: boolean[]
  /** Everything closed before it took effect. */
  #frontier = 0
  #register: RegisterValue
  readonly #visited = new Set<string>()

  constructor(closed: readonly Closed[], open: readonly RegisterOperation[]) {
    this.#closed = closed.toSorted(byInvocation)
    this.#isDone = this.#closed.map(() => false)
    const byEffect = Map.groupBy(open, ({ type, value, expected }) => JSON.stringify([type, value, expected]))
    this.#groups = [...byEffect.values()].map((operations) => ({
      operations: operations.toSorted(byInvocation),
      used: 0,
    }))
  }

  run(maxSteps: number): Linearizability {
    const path: Step[] = []
    let choices = this.#choices()
    for (let steps = 0; steps < maxSteps; steps += 1) {
      if (this.#frontier === this.#closed.length) return 'linearizable'
      const choice = choices.pop()
      if (choice !== undefined) {
        const step = { choice, before: this.#register, rest: choices }
        this.#take(choice)
        if (this.#isNew()) {
          path.push(step)
          choices = this.#choices()
        } else {
          this.#takeBack(step)
        }
        continue
      }
      const last = path.pop()
      if (last === undefined) return 'not linearizable'
      this.#takeBack(last)
      choices = last.rest
    }
    return 'unknown'
  }

  /** What may take effect next: whatever was called before the first return that is still to come. Open ones only in need. */
  #choices(): Choice[] {
    const choices: Choice[] = []
    let firstReturnAt = Infinity
    for (let index = this.#frontier; index < this.#closed.length; index += 1) {
      const operation = this.#closed[index] as Closed
      if (operation.invokedAt > firstReturnAt) break
      if (this.#isDone[index]) continue
      firstReturnAt = Math.min(firstReturnAt, operation.returnedAt)
      if (this.#isPossible(operation)) choices.push({ operation, index })
    }
    choices.reverse()
    for (const group of this.#groups) {
      const operation = group.operations[group.used]
      if (operation === undefined || operation.invokedAt > firstReturnAt || !this.#isPossible(operation))
        continue
      choices.unshift({ operation, group })
    }
    return choices
  }

  #isPossible({ type, value, expected }: RegisterOperation): boolean {
    return type === 'write' || this.#register === (type === 'read' ? value : expected)
  }

  #take({ operation, index, group }: Choice): void {
    if (operation.type !== 'read') this.#register = operation.value
    if (group !== undefined) {
      group.used += 1
      return
    }
    this.#isDone[index] = true
    while (this.#isDone[this.#frontier] === true) this.#frontier += 1
  }

  #takeBack({ choice: { index, group }, before }: Step): void {
    this.#register = before
    if (group !== undefined) {
      group.used -= 1
      return
    }
    this.#isDone[index] = false
    this.#frontier = Math.min(this.#frontier, index)
  }

  /** Whether the search was never where it is now. */
  #isNew(): boolean {
    let configuration = `${JSON.stringify(this.#register)} ${this.#groups.map(({ used }) => used).join()} ${this.#frontier}`
    const returnedAt = this.#closed[this.#frontier]?.returnedAt ?? 0
    // Beyond the frontier nothing can be done that was called after the return that the frontier waits for.
    for (let index = this.#frontier + 1; index < this.#closed.length; index += 1) {
      if ((this.#closed[index] as Closed).invokedAt > returnedAt) break
      if (this.#isDone[index]) configuration += ` ${index}`
    }
    if (this.#visited.has(configuration)) return false
    this.#visited.add(configuration)
    return true
  }
}

function byInvocation(a: RegisterOperation, b: RegisterOperation): number {
  return a.invokedAt - b.invokedAt
}
