import assert from 'node:assert/strict'
import type { NodeId, RaftRequest, RaftResponse } from '../messages.ts'
import { DeliveryError, type DeliveryFailure, type RaftTransport } from '../ports.ts'
import { messagePairs } from './messages.ts'

/** Transports of two nodes that reach each other. */
export interface RaftTransportUnderTest {
  /** The transport of node 1. */
  readonly first: RaftTransport
  /** The transport of node 2. */
  readonly second: RaftTransport
  /** A node that neither can reach: nothing is known of it, or nobody is there. */
  readonly stranger: NodeId
  /** Ends the process of node 2: whoever waits for it, or asks it, is told so by its machine. */
  readonly stopSecond?: () => void | Promise<void>
  /**
   * Lets time go by until `promise` settles, and settles as it does. For networks whose time does not go by itself.
   * @default returns `promise`
   */
  readonly settle?: <Value>(promise: Promise<Value>) => Promise<Value>
  /** Called after the scenario, whatever became of it. */
  readonly teardown: () => void | Promise<void>
}

/** What {@link raftTransportConformance} needs. */
export interface RaftTransportConformanceOptions {
  /** Registers a test with the runner. It fails if the function rejects. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** Fresh transports; called once a scenario. */
  readonly create: () => RaftTransportUnderTest | Promise<RaftTransportUnderTest>
  /** What the transport can do beyond the minimum. */
  readonly supports?: {
    /** `stopSecond` is there, and what it causes is reported as `disconnected` and `refused`. @default false */
    readonly refusal?: boolean
  }
}

interface Harness extends RaftTransportUnderTest {
  /** Sends from node 1 to node 2. */
  readonly ask: (request: RaftRequest, timeoutMs?: number) => Promise<RaftResponse>
}

interface Scenario {
  readonly name: string
  readonly needs?: 'refusal'
  run(harness: Harness): Promise<void>
}

const readIndex: RaftRequest = { type: 'read-index', clusterId: 'c', epoch: 3 }
const answered = (offset: number): RaftResponse => ({ type: 'read-index', epoch: 3, leaderId: 2, offset })

/** Asserts that `promise` rejects with a DeliveryError, for one of these reasons. */
async function fails(promise: Promise<unknown>, ...reasons: readonly DeliveryFailure[]): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof DeliveryError, `a DeliveryError, not ${String(error)}`)
    assert.ok(
      reasons.length === 0 || reasons.includes(error.reason),
      `${error.reason} is none of ${reasons.join()}`,
    )
    return true
  })
}

const scenarios: readonly Scenario[] = [
  ...messagePairs.map(({ name, request, response }): Scenario => ({
    name: `${name} arrives as it was sent, and so does its answer`,
    async run({ ask, second }) {
      let received: RaftRequest | undefined
      second.serve(async (asked) => {
        received = asked
        return response
      })
      assert.deepEqual(plain(await ask(request)), plain(response))
      assert.deepEqual(plain(received), plain(request))
    },
  })),
  {
    name: 'both nodes ask and answer',
    async run({ ask, first, second, settle = (promise) => promise }) {
      first.serve(async () => answered(1))
      second.serve(async () => answered(2))
      const both = [ask(readIndex), settle(second.request(1, readIndex, { timeoutMs: 5_000 }))]
      assert.deepEqual(plain(await Promise.all(both)), plain([answered(2), answered(1)]))
    },
  },
  {
    name: 'each answer reaches the request it belongs to, whatever their order',
    async run({ ask, second }) {
      const waiting: (() => void)[] = []
      second.serve((request) => {
        const { promise, resolve } = Promise.withResolvers<RaftResponse>()
        waiting.push(() => resolve(answered(request.epoch)))
        if (waiting.length === 20) for (const answer of waiting.toReversed()) answer()
        return promise
      })
      const epochs = Array.from({ length: 20 }, (_, index) => index + 1)
      const answers = await Promise.all(epochs.map((epoch) => ask({ ...readIndex, epoch })))
      assert.deepEqual(
        answers.map((answer) => answer.type === 'read-index' && answer.offset),
        epochs,
      )
    },
  },
  {
    name: 'a request that gets no answer fails with a timeout',
    async run({ ask, second }) {
      second.serve(() => new Promise(() => undefined))
      await fails(ask(readIndex, 50), 'timeout')
    },
  },
  {
    name: 'an answer that comes too late is dropped, and the next request is served',
    async run({ ask, second }) {
      const late = Promise.withResolvers<RaftResponse>()
      let calls = 0
      second.serve(async () => {
        calls += 1
        return calls === 1 ? late.promise : answered(calls)
      })
      await fails(ask(readIndex, 50), 'timeout')
      late.resolve(answered(1))
      assert.deepEqual(plain(await ask(readIndex)), plain(answered(2)))
    },
  },
  {
    name: 'nobody answers before a handler serves, nor after it was taken away',
    async run({ ask, second }) {
      await fails(ask(readIndex, 50))
      let calls = 0
      const stop = second.serve(async () => {
        calls += 1
        return answered(1)
      })
      await ask(readIndex)
      stop()
      stop()
      await fails(ask(readIndex, 50))
      assert.equal(calls, 1)
    },
  },
  {
    name: 'a newer handler takes the place of an older one, and stays when that is taken away',
    async run({ ask, second }) {
      const stop = second.serve(async () => answered(1))
      second.serve(async () => answered(2))
      stop()
      assert.deepEqual(plain(await ask(readIndex)), plain(answered(2)))
    },
  },
  {
    name: 'a request to a node that cannot be reached fails, and throws nothing but a DeliveryError',
    async run({ first, stranger, settle = (promise) => promise }) {
      await fails(settle(first.request(stranger, readIndex, { timeoutMs: 50 })))
    },
  },
  {
    name: 'a process that ends disconnects those who wait for it, and refuses those who ask',
    needs: 'refusal',
    async run({ ask, second, stopSecond }) {
      const called = Promise.withResolvers<void>()
      second.serve(() => {
        called.resolve()
        return new Promise(() => undefined)
      })
      const waiting = fails(ask(readIndex, 5_000), 'disconnected')
      await called.promise
      await stopSecond?.()
      await waiting
      await fails(ask(readIndex, 5_000), 'refused')
    },
  },
]

/** Bytes may come back in a view of another kind: only what is in them counts. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]))
}

/**
 * Registers one test for each rule of `RaftTransport`. Loss, delay and repetition are allowed by the port and so are not
 * tested: give it a network that has none.
 *
 * @returns the names of the scenarios that were left out, because they need what is not supported
 */
export function raftTransportConformance({
  test,
  create,
  supports = {},
}: RaftTransportConformanceOptions): readonly string[] {
  const leftOut: string[] = []
  for (const scenario of scenarios) {
    if (scenario.needs !== undefined && supports[scenario.needs] !== true) {
      leftOut.push(scenario.name)
      continue
    }
    test(scenario.name, async () => {
      const underTest = await create()
      const { first, settle = (promise) => promise } = underTest
      const ask: Harness['ask'] = (request, timeoutMs = 5_000) =>
        settle(first.request(2, request, { timeoutMs }))
      try {
        await scenario.run({ ...underTest, ask })
      } finally {
        await underTest.teardown()
      }
    })
  }
  return leftOut
}
