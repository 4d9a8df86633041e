import { type Message, type NodeEvent, NodeModel } from './node-model.ts'
import { fingerprint, loadOpenCore } from './open-core.ts'
import { checkNodes, type History } from './state-rules.ts'

/** What bounds the search: everything within these bounds is visited, unless `maxStates` ends it before. */
export interface Bounds {
  readonly maxEpoch: number
  readonly maxCrashes: number
  readonly maxProposals: number
  /** How often a node's time may run out, over all nodes. */
  readonly maxTimeouts: number
  /** Messages that may be lost although there was room for them. */
  readonly maxLosses: number
  /** Messages that can be on their way at once; a further one is lost at once. */
  readonly maxMessages: number
  readonly maxStates: number
}

/** What has happened so far of what may happen only so often. */
interface Budget {
  readonly crashes: number
  readonly proposals: number
  readonly timeouts: number
  readonly losses: number
}

/** What a search came to. */
export interface SearchResult {
  readonly states: number
  readonly transitions: number
  /** Events between the beginning and the farthest state. */
  readonly depth: number
  /** Whether everything within the bounds was visited. */
  readonly isComplete: boolean
  /** How often each thing was seen in a new state, as proof that the search got there. */
  readonly reached: Readonly<Record<'leaders' | 'commits' | 'crashes' | 'secondEpochs', number>>
}

/** A rule was broken; `path` leads there. */
class FoundViolation extends Error {
  override readonly name = 'FoundViolation'
  readonly path: readonly string[]

  constructor(message: string, path: readonly string[], options?: ErrorOptions) {
    super(`${message}\n${path.join('\n')}`, options)
    this.path = path
  }
}

/** A state of one node, kept once however many states of the cluster share it. */
interface Local {
  readonly index: number
  readonly model: NodeModel
  readonly outcomes: Map<string, { readonly local: Local; readonly said: readonly number[] }>
}

interface State {
  readonly locals: readonly Local[]
  /** Messages on their way, by number, ascending. */
  readonly messages: readonly number[]
  readonly spent: Budget
  readonly history: History
  readonly depth: number
  readonly parent: State | undefined
  readonly step: string
}

/**
 * Visits every state that three nodes can get into, breadth first: messages arrive in any order or are lost, disks
 * finish when they like, clocks run as they like, a process crashes.
 *
 * Clocks are as free as messages: time passes for one node alone, up to whatever it waits for. What one node does on
 * one event is worked out once and remembered, since most states of the cluster differ in other nodes.
 *
 * @throws FoundViolation
 */
export async function search(bounds: Bounds): Promise<SearchResult> {
  const makeCore = await loadOpenCore()
  const locals = new Map<string, Local>()
  const messages: Message[] = []
  const messageNumbers = new Map<string, number>()

  function intern(model: NodeModel): Local {
    const key = `${model.id}${model.fingerprint}`
    const known = locals.get(key)
    if (known !== undefined) return known
    const local = { index: locals.size, model, outcomes: new Map() }
    locals.set(key, local)
    return local
  }

  function numberOf(message: Message): number {
    const key = fingerprint(message)
    const known = messageNumbers.get(key)
    if (known !== undefined) return known
    messageNumbers.set(key, messages.length)
    messages.push(message)
    return messages.length - 1
  }

  /** What becomes of a node when `event` happens to it. `key` names the event. */
  function outcome(local: Local, key: string, event: NodeEvent): { local: Local; said: readonly number[] } {
    const known = local.outcomes.get(key)
    if (known !== undefined) return known
    const model = local.model.clone()
    const said = model.perform(event, makeCore).map(numberOf)
    const result = { local: intern(model), said }
    local.outcomes.set(key, result)
    return result
  }

  const reached = { leaders: 0, commits: 0, crashes: 0, secondEpochs: 0 }
  const visited = new Set<string>()
  let frontier: State[] = []
  let next: State[] = []
  let transitions = 0

  function visit(state: State): void {
    if (state.locals.some(({ model }) => model.core.epoch > bounds.maxEpoch)) return
    const { history } = state
    const key = `${state.locals.map(({ index }) => index).join()}|${state.messages.join()}|${Object.values(state.spent).join()}|${history.key}`
    if (visited.has(key)) return
    visited.add(key)
    if (state.locals.some(({ model }) => model.core.role === 'leader')) reached.leaders += 1
    if (history.committed.length > 0) reached.commits += 1
    if (state.spent.crashes > 0) reached.crashes += 1
    if (state.locals.some(({ model }) => model.core.epoch === 2)) reached.secondEpochs += 1
    next.push(state)
  }

  /** The state after `event` happened to node `index` of `state`. */
  function follow(
    state: State,
    index: number,
    key: string,
    event: NodeEvent,
    change: { readonly without?: number; readonly spend?: keyof Budget } = {},
  ): void {
    transitions += 1
    const step = `${index + 1}: ${key}`
    const { spend } = change
    try {
      const nodes = [...state.locals]
      const underWay = [...state.messages]
      if (change.without !== undefined) underWay.splice(underWay.indexOf(change.without), 1)
      const queue: { readonly index: number; readonly key: string; readonly event: NodeEvent }[] = [
        { index, key, event },
      ]
      for (const happening of queue) {
        const { local, said } = outcome(nodes[happening.index] as Local, happening.key, happening.event)
        nodes[happening.index] = local
        for (const number of said) {
          if (underWay.length < bounds.maxMessages) underWay.push(number)
          else queue.push(lossOf(number))
        }
      }
      const history = checkNodes(
        nodes.map(({ model }) => model),
        state.history,
      )
      visit({
        locals: nodes,
        messages: underWay.toSorted((a, b) => a - b),
        spent: spend === undefined ? state.spent : { ...state.spent, [spend]: state.spent[spend] + 1 },
        history,
        depth: state.depth + 1,
        parent: state,
        step,
      })
    } catch (error) {
      throw new FoundViolation((error as Error).message, [...pathOf(state), step], { cause: error })
    }
  }

  /** A lost message, request or answer, is a timeout for whoever asked. */
  function lossOf(number: number): { index: number; key: string; event: NodeEvent } {
    const message = messages[number] as Message
    const asker = 'request' in message.body ? message.from : message.to
    return { index: asker - 1, key: `lose ${number}`, event: { type: 'lose', message } }
  }

  function expand(state: State): void {
    const { spent } = state
    for (const [index, { model }] of state.locals.entries()) {
      if (model.pending.length > 0) follow(state, index, 'disk writes', { type: 'disk writes' })
      if (spent.timeouts < bounds.maxTimeouts && model.hasDeadline) {
        follow(state, index, 'time passes', { type: 'time passes' }, { spend: 'timeouts' })
      }
      if (spent.crashes < bounds.maxCrashes)
        follow(state, index, 'crash', { type: 'crash' }, { spend: 'crashes' })
      if (spent.proposals < bounds.maxProposals && model.core.role === 'leader') {
        follow(state, index, 'propose', { type: 'propose' }, { spend: 'proposals' })
      }
    }
    for (const number of new Set(state.messages)) {
      const message = messages[number] as Message
      const without = number
      follow(state, message.to - 1, `deliver ${number}`, { type: 'deliver', message }, { without })
      if (spent.losses >= bounds.maxLosses) continue
      const loss = lossOf(number)
      follow(state, loss.index, loss.key, loss.event, { without, spend: 'losses' })
    }
  }

  const start = [1, 2, 3].map((id) => intern(NodeModel.create(id, makeCore)))
  const history: History = { key: '', leaders: {}, committed: [] }
  const spent: Budget = { crashes: 0, proposals: 0, timeouts: 0, losses: 0 }
  visit({ locals: start, messages: [], spent, history, depth: 0, parent: undefined, step: '' })
  let depth = 0
  while (next.length > 0 && visited.size < bounds.maxStates) {
    frontier = next
    next = []
    depth = frontier[0]?.depth ?? depth
    for (const state of frontier) {
      expand(state)
      if (visited.size >= bounds.maxStates) break
    }
  }
  return { states: visited.size, transitions, depth, isComplete: next.length === 0, reached }
}

function pathOf(state: State): string[] {
  const steps: string[] = []
  for (let at: State | undefined = state; at !== undefined; at = at.parent) steps.unshift(at.step)
  return steps
}
