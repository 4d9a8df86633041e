import t from 'tap'
import { ReconnectPolicy } from '../../src/rpc/reconnect-policy.ts'
import { manualClock } from '../../src/testing/index.ts'

const error = new Error('no')

function policy() {
  const clock = manualClock()
  return { clock, policy: new ReconnectPolicy(clock, () => 1, { minMs: 20, maxMs: 1_000 }) }
}

t.test('the first attempt is free, and each failure makes the next wait longer', async (t) => {
  const { clock, policy: reconnect } = policy()
  t.equal(reconnect.obstacle, undefined)
  for (const waitMs of [40, 80, 160]) {
    reconnect.failed(error)
    await clock.advance(waitMs - 1)
    t.equal(reconnect.obstacle, error)
    await clock.advance(1)
    t.equal(reconnect.obstacle, undefined)
  }
})

t.test(
  'after an established connection broke the next attempt is free, also after many failures before it',
  async (t) => {
    const { clock, policy: reconnect } = policy()
    for (let i = 0; i < 10; i++) reconnect.failed(error)
    reconnect.established()
    await clock.advance(1_000)
    reconnect.broke(error)
    t.equal(reconnect.obstacle, undefined)
    reconnect.failed(error)
    t.equal(reconnect.obstacle, error)
  },
)

t.test('the first connection of all may break at once and still be tried again at once', async (t) => {
  const { policy: reconnect } = policy()
  reconnect.established()
  reconnect.broke(error)
  t.equal(reconnect.obstacle, undefined)
})

t.test('connections that break as soon as they are made are not tried in a loop', async (t) => {
  const { clock, policy: reconnect } = policy()
  reconnect.established()
  reconnect.broke(error)
  reconnect.established()
  reconnect.broke(error)
  t.match(reconnect.obstacle, { code: 'TRANSPORT_UNREACHABLE', cause: error }, 'nothing is sent meanwhile')
  await clock.advance(1_000)
  t.equal(reconnect.obstacle, undefined)
})
