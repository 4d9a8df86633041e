import t from 'tap'
import { BrokerError } from '../../src/errors.ts'
import { initialLifecycleState, step } from '../../src/lifecycle/lifecycle.ts'
import type { LifecycleEffect, LifecycleEvent, LifecycleState } from '../../src/lifecycle/lifecycle.ts'

/** Feeds events to the machine and keeps the last state and effects. */
function lifecycle(...events: readonly LifecycleEvent[]) {
  let state: LifecycleState = initialLifecycleState
  let effects: readonly LifecycleEffect[] = []
  const machine = {
    get state() {
      return state
    },
    get effects() {
      return effects
    },
    feed(...more: readonly LifecycleEvent[]) {
      for (const event of more) ({ state, effects } = step(state, event))
      return effects
    },
  }
  machine.feed(...events)
  return machine
}

const epoch = 40
const start = { type: 'start' } as const
const registered = { type: 'registered', brokerEpoch: epoch } as const
const published = (offset: number) => ({ type: 'published', offset }) as const
const answer = (fields: { caughtUp?: boolean; fenced?: boolean; shutDown?: boolean }) =>
  ({
    type: 'heartbeat-answered',
    isCaughtUp: fields.caughtUp ?? true,
    isFenced: fields.fenced ?? false,
    shouldShutDown: fields.shutDown ?? false,
  }) as const
const failed = { type: 'request-failed' } as const
const unknown = { type: 'registration-unknown' } as const
const waitOver = { type: 'wait-over' } as const
const controlledShutdown = { type: 'controlled-shutdown' } as const
const heartbeat = (fields: Partial<Extract<LifecycleEffect, { type: 'heartbeat' }>> = {}) => ({
  type: 'heartbeat',
  brokerEpoch: epoch,
  publishedOffset: epoch + 1,
  wantFence: false,
  wantShutDown: false,
  ...fields,
})
const nextHeartbeat = { type: 'wait', for: 'next-heartbeat' }

const inRecovery = [start, published(epoch + 1), registered, answer({ fenced: true })] as const
const running = [...inRecovery, answer({})] as const

t.test('a broker that starts registers at once and has a limited time for it', async (t) => {
  const broker = lifecycle(start)
  t.equal(broker.state.name, 'starting')
  t.strictSame(broker.effects, [
    { type: 'start-deadline', deadline: 'initial-registration' },
    { type: 'register' },
  ])
})

t.test('a registered broker asks to stay fenced until it has caught up with its registration', async (t) => {
  const broker = lifecycle(start)
  t.strictSame(broker.feed(registered), [
    { type: 'cancel-deadline', deadline: 'initial-registration' },
    heartbeat({ publishedOffset: 0, wantFence: true }),
  ])
  t.strictSame(broker.feed(answer({ caughtUp: false, fenced: true })), [nextHeartbeat])
  t.equal(broker.state.name, 'starting')
})

t.test('publishing its own registration sends the next heartbeat before its time', async (t) => {
  const broker = lifecycle(start, registered, answer({ caughtUp: false, fenced: true }))
  t.strictSame(broker.feed(published(epoch)), [], 'the registration itself is not published yet')
  t.strictSame(broker.feed(published(epoch + 1)), [{ type: 'cancel-wait' }, heartbeat({ wantFence: true })])
  t.strictSame(broker.feed(published(epoch + 9)), [], 'one request is in flight at a time')
})

t.test(
  'a registration published while a heartbeat is in flight is reported as soon as it is answered',
  async (t) => {
    const broker = lifecycle(start, registered, published(epoch + 1))
    t.strictSame(broker.feed(answer({ caughtUp: false, fenced: true })), [heartbeat({ wantFence: true })])
    t.strictSame(
      broker.feed(answer({ caughtUp: false, fenced: true })),
      [nextHeartbeat],
      'but only once: a controller that does not agree is not stormed',
    )
  },
)

t.test('a broker that has caught up asks to be unfenced, and runs once it is', async (t) => {
  const broker = lifecycle(start, published(epoch + 1), registered)
  t.strictSame(broker.feed(answer({ fenced: true })), [heartbeat()])
  t.equal(broker.state.name, 'recovery')
  t.strictSame(broker.feed(answer({ fenced: true })), [nextHeartbeat])
  t.equal(broker.state.name, 'recovery')
  t.strictSame(broker.feed(waitOver), [heartbeat()])
  t.strictSame(broker.feed(answer({})), [nextHeartbeat])
  t.equal(broker.state.name, 'running')
})

t.test('a running broker that was fenced keeps heartbeating and returns', async (t) => {
  const broker = lifecycle(...running, waitOver)
  t.strictSame(broker.feed(answer({ fenced: true })), [nextHeartbeat])
  t.equal(broker.state.name, 'fenced')
  t.strictSame(broker.feed(waitOver), [heartbeat()])
  broker.feed(answer({}))
  t.equal(broker.state.name, 'running')
})

t.test(
  'a request that fails is sent again after a back-off that grows until a heartbeat is answered',
  async (t) => {
    const broker = lifecycle(...running, waitOver)
    t.strictSame(broker.feed(failed), [{ type: 'wait', for: 'retry', failures: 1 }])
    t.strictSame(broker.feed(waitOver), [heartbeat()])
    t.strictSame(broker.feed(failed), [{ type: 'wait', for: 'retry', failures: 2 }])
    t.equal(broker.state.name, 'running', 'a broker that cannot reach a controller is not fenced by that')
    t.strictSame(broker.feed(waitOver, answer({}), waitOver, failed), [
      { type: 'wait', for: 'retry', failures: 1 },
    ])
  },
)

t.test(
  'a registration that is refused for now is sent again, and publishing does not cut the back-off',
  async (t) => {
    const broker = lifecycle(start)
    t.strictSame(broker.feed(failed), [{ type: 'wait', for: 'retry', failures: 1 }])
    t.strictSame(broker.feed(published(epoch + 1)), [])
    t.strictSame(broker.feed(waitOver), [{ type: 'register' }])
    t.equal(broker.state.name, 'starting')
  },
)

t.test('publishing its registration does not cut the back-off of a heartbeat that failed', async (t) => {
  const broker = lifecycle(start, registered, failed)
  t.strictSame(broker.feed(published(epoch + 1)), [])
  t.strictSame(broker.feed(waitOver), [heartbeat({ wantFence: true })])
})

for (const [name, events] of [
  ['recovery', inRecovery],
  ['running', [...running, waitOver]],
  ['fenced', [...running, waitOver, answer({ fenced: true }), waitOver]],
] as const) {
  t.test(`a broker in ${name} whose registration is unknown registers again at once`, async (t) => {
    const broker = lifecycle(...events)
    t.equal(broker.state.name, name)
    t.strictSame(broker.feed(unknown), [{ type: 'register' }])
    t.equal(broker.state.name, 'starting')
    t.equal(broker.state.brokerEpoch, undefined)
    broker.feed({ type: 'registered', brokerEpoch: 90 })
    t.strictSame(broker.feed(answer({ caughtUp: false, fenced: true })), [nextHeartbeat])
    t.strictSame(broker.feed(published(91)), [
      { type: 'cancel-wait' },
      heartbeat({ brokerEpoch: 90, publishedOffset: 91, wantFence: true }),
    ])
  })
}

t.test(
  'a controller that disowns what it just registered is asked again only after a back-off',
  async (t) => {
    const broker = lifecycle(...running, waitOver, unknown, registered)
    t.strictSame(broker.feed(unknown), [{ type: 'wait', for: 'retry', failures: 2 }])
    t.strictSame(broker.feed(waitOver), [{ type: 'register' }])
  },
)

t.test('a controlled shutdown asks at once and leaves when the controller says so', async (t) => {
  const broker = lifecycle(...running)
  t.strictSame(broker.feed(controlledShutdown), [
    { type: 'start-deadline', deadline: 'controlled-shutdown' },
    { type: 'cancel-wait' },
    heartbeat({ wantShutDown: true }),
  ])
  t.equal(broker.state.name, 'pending-controlled-shutdown')
  t.strictSame(broker.feed(answer({})), [{ type: 'wait', for: 'leaders-to-move', refusals: 1 }])
  t.strictSame(broker.feed(waitOver), [heartbeat({ wantShutDown: true })])
  t.strictSame(broker.feed(answer({})), [{ type: 'wait', for: 'leaders-to-move', refusals: 2 }])
  t.strictSame(broker.feed(controlledShutdown), [], 'asking twice changes nothing')
  t.strictSame(broker.feed(waitOver, answer({ shutDown: true })), [{ type: 'stop' }])
  t.equal(broker.state.name, 'shutting-down')
  t.strictSame(broker.feed({ type: 'stopped' }), [])
  t.equal(broker.state.name, 'not-running')
})

t.test('a shutdown asked for during a heartbeat is told to the controller by the next one', async (t) => {
  const broker = lifecycle(...running, waitOver)
  t.strictSame(broker.feed(controlledShutdown), [{ type: 'start-deadline', deadline: 'controlled-shutdown' }])
  t.strictSame(broker.feed(answer({ shutDown: true })), [heartbeat({ wantShutDown: true })])
  t.equal(broker.state.name, 'pending-controlled-shutdown')
})

t.test('a stopping broker retries what fails, and stops when its registration is gone', async (t) => {
  const broker = lifecycle(...running, controlledShutdown)
  t.strictSame(broker.feed(failed), [{ type: 'wait', for: 'retry', failures: 1 }])
  t.strictSame(broker.feed(waitOver), [heartbeat({ wantShutDown: true })])
  t.strictSame(broker.feed(unknown), [{ type: 'stop' }])
})

t.test('a broker that may yet be unfenced by a heartbeat in flight asks before it stops', async (t) => {
  t.equal(lifecycle(...inRecovery, controlledShutdown).state.name, 'pending-controlled-shutdown')
  t.strictSame(lifecycle(start, controlledShutdown).effects, [{ type: 'stop' }])
  t.strictSame(lifecycle(start, registered, controlledShutdown).effects, [{ type: 'stop' }])
})

t.test('a failure stops the broker in every state, and nothing that comes later matters', async (t) => {
  const error = new BrokerError('BROKER_PUBLISH_FAILED', 'the first publish failed')
  for (const events of [
    [start],
    [start, registered],
    inRecovery,
    running,
    [...running, controlledShutdown],
  ]) {
    const broker = lifecycle(...events)
    t.strictSame(broker.feed({ type: 'stop', error }), [{ type: 'stop', error }])
    t.strictSame(broker.feed(answer({}), published(99), waitOver, controlledShutdown), [])
    t.equal(broker.state.name, 'shutting-down')
  }
})

t.test('events that cannot happen are refused as broken invariants', async (t) => {
  for (const events of [
    [registered],
    [start, start],
    [start, answer({})],
    [start, waitOver],
    [start, published(5), published(4)],
    [...running, failed],
    [start, { type: 'stopped' }],
  ] as const) {
    t.throws(() => lifecycle(...events), { name: 'InvariantError' }, JSON.stringify(events.at(-1)))
  }
})
