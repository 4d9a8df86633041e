import t from 'tap'
import { BrokerHeartbeats } from '../../src/active/broker-heartbeats.ts'
import { broker, folded } from '../support/model.ts'

function setUp(...brokerIds: readonly number[]) {
  const clock = { time: 0, now: () => clock.time }
  return { clock, heartbeats: new BrokerHeartbeats({ clock, sessionTimeoutMs: 9_000, brokerIds }) }
}

t.test('every registered broker counts as just seen when a controller becomes active', async (t) => {
  const { clock, heartbeats } = setUp(1, 2)
  t.same(heartbeats.first(), { brokerId: 1, remainingMs: 9_000 })
  clock.time = 8_999
  t.notOk(heartbeats.hasExpired(1) || heartbeats.hasExpired(2))
  clock.time = 9_000
  t.ok(heartbeats.hasExpired(1) && heartbeats.hasExpired(2))
})

t.test('the session that ends first is that of the broker silent for longest', async (t) => {
  const { clock, heartbeats } = setUp(1, 2, 3)
  clock.time = 1_000
  heartbeats.touch(1, 10)
  clock.time = 2_000
  heartbeats.touch(2, 10)
  t.same(heartbeats.first(), { brokerId: 3, remainingMs: 7_000 })
  heartbeats.end(3)
  t.same(heartbeats.first(), { brokerId: 1, remainingMs: 8_000 })
  heartbeats.end(1)
  heartbeats.end(2)
  t.equal(heartbeats.first(), undefined)
  t.notOk(heartbeats.hasExpired(3), 'a session that ended does not expire')
})

t.test('the lowest active offset is that of the active brokers alone', async (t) => {
  const { heartbeats } = setUp(1, 2, 3, 4)
  const image = folded([
    broker(1),
    broker(2),
    broker(3, { fenced: true }),
    broker(4, { inControlledShutdown: true }),
  ])
  t.equal(heartbeats.stateOf(image, 4).lowestActiveOffset, 0, 'nobody reported yet')
  heartbeats.touch(1, 20)
  heartbeats.touch(2, 15)
  heartbeats.touch(3, 5)
  heartbeats.touch(4, 6)
  t.equal(heartbeats.stateOf(image, 4).lowestActiveOffset, 15)
  t.equal(heartbeats.stateOf(folded([]), 4).lowestActiveOffset, Infinity)
})

t.test('the offset of a controlled shutdown is set once, and forgotten with the session', async (t) => {
  const { heartbeats } = setUp(1)
  const offset = () => heartbeats.stateOf(folded([broker(1)]), 1).controlledShutdownOffset
  t.equal(offset(), undefined)
  heartbeats.leadersMoved(1, 10)
  heartbeats.leadersMoved(1, 20)
  heartbeats.touch(1, 5)
  t.equal(offset(), 10)
  heartbeats.begin(1)
  t.equal(offset(), undefined)
})

t.test('that leaders moved is no sign of life', async (t) => {
  const { clock, heartbeats } = setUp(1, 2)
  clock.time = 5_000
  heartbeats.leadersMoved(1, 10)
  t.same(heartbeats.first(), { brokerId: 1, remainingMs: 4_000 })
})
