import t from 'tap'
import { nextBrokerState, processHeartbeat } from '../../src/operations/heartbeat-control.ts'
import type { HeartbeatState } from '../../src/operations/heartbeat-control.ts'
import { assertPartitionInvariants, broker, Model, topic } from '../support/model.ts'

const soft: HeartbeatState = { controlledShutdownOffset: undefined, lowestActiveOffset: Infinity }
const idle = {
  brokerId: 1,
  brokerEpoch: 100,
  currentMetadataOffset: 101,
  wantFence: false,
  wantShutDown: false,
}
const beat = (model: Model, fields: object = {}, state: HeartbeatState = soft) =>
  model.run((image, next) => processHeartbeat(image, { ...idle, ...fields }, { soft: state, next }))

const row = (
  current: Parameters<typeof nextBrokerState>[0],
  wants: { wantFence?: boolean; wantShutDown?: boolean },
  facts: Partial<Parameters<typeof nextBrokerState>[2]>,
) =>
  nextBrokerState(
    current,
    { wantFence: false, wantShutDown: false, ...wants },
    { ...soft, isCaughtUp: true, leads: false, ...facts },
  )

t.test("the next state is that of Kafka's table", async (t) => {
  t.equal(row('fenced', { wantShutDown: true }, {}), 'shutdown-now')
  t.equal(row('fenced', {}, {}), 'unfenced')
  t.equal(row('fenced', {}, { isCaughtUp: false }), 'fenced')
  t.equal(row('fenced', { wantFence: true }, {}), 'fenced')
  t.equal(row('unfenced', { wantFence: true, wantShutDown: true }, { leads: true }), 'shutdown-now')
  t.equal(row('unfenced', { wantFence: true }, { leads: true }), 'fenced')
  t.equal(row('unfenced', { wantShutDown: true }, { leads: true }), 'controlled-shutdown')
  t.equal(row('unfenced', { wantShutDown: true }, {}), 'shutdown-now')
  t.equal(row('unfenced', {}, { isCaughtUp: false, leads: true }), 'unfenced')
  const moved = { controlledShutdownOffset: 10 }
  t.equal(row('controlled-shutdown', {}, { leads: true }), 'controlled-shutdown')
  t.equal(row('controlled-shutdown', {}, {}), 'controlled-shutdown', 'when they moved is not known')
  t.equal(row('controlled-shutdown', {}, { ...moved, lowestActiveOffset: 9 }), 'controlled-shutdown')
  t.equal(row('controlled-shutdown', {}, { ...moved, lowestActiveOffset: 10 }), 'shutdown-now')
})

t.test('a broker is caught up once it has published its own registration', async (t) => {
  const model = new Model([broker(1, { fenced: true })])
  t.match(beat(model, { currentMetadataOffset: 100 }).answer, { isCaughtUp: false, isFenced: true })
  t.match(beat(model, { currentMetadataOffset: 101 }).answer, { isCaughtUp: true, isFenced: false })
  t.equal(model.image.brokers.get(1)?.fenced, false)
})

t.test('a broker that is unfenced leads the partitions that waited for it, in the same batch', async (t) => {
  const model = new Model([broker(1), broker(2), ...topic('orders', [1], [1, 2])])
  beat(model, { wantFence: true })
  t.equal(model.partition('orders', 0).leader, -1)
  beat(model)
  t.match(model.log.slice(-2), [
    { type: 'BrokerRegistrationChange', fenced: false },
    { type: 'IsrChange', partitionId: 0, leader: 1 },
  ])
  t.match(model.partition('orders', 1), { isr: [2], leader: 2 })
  assertPartitionInvariants(model.image)
})

t.test('a heartbeat that changes nothing writes nothing', async (t) => {
  const model = new Model([broker(1), ...topic('orders', [1])])
  const before = model.offset
  t.match(beat(model), {
    state: 'unfenced',
    answer: { isCaughtUp: true, isFenced: false, shouldShutDown: false },
  })
  t.equal(model.offset, before)
})

t.test(
  'a broker that shuts down hands its leaders over, waits until all saw it, and is fenced',
  async (t) => {
    const model = new Model([broker(1), broker(2), ...topic('orders', [1, 2], [2, 1])])
    const begun = beat(model, { wantShutDown: true })
    t.match(begun, { state: 'controlled-shutdown', more: false, endOffset: model.offset })
    t.equal(begun.answer.shouldShutDown, false)
    t.match(model.image.brokers.get(1), { inControlledShutdown: true, fenced: false })
    t.match(model.partition('orders', 0), { isr: [2], leader: 2 })
    t.match(model.partition('orders', 1), { isr: [2], leader: 2 })
    const moved = { controlledShutdownOffset: begun.endOffset }
    const waiting = { ...moved, lowestActiveOffset: begun.endOffset - 1 }
    t.equal(beat(model, { wantShutDown: true }, waiting).state, 'controlled-shutdown')
    const seen = { ...moved, lowestActiveOffset: begun.endOffset }
    t.match(beat(model, { wantShutDown: true }, seen).answer, { isFenced: true, shouldShutDown: true })
    t.equal(model.image.brokers.get(1)?.fenced, true)
    assertPartitionInvariants(model.image)
  },
)

t.test('what a controlled shutdown left undone is done with the next heartbeat', async (t) => {
  const model = new Model([broker(1), broker(2), ...topic('orders', [1, 2], [1, 2], [1, 2])])
  const slice = () =>
    model.run((image, next) =>
      processHeartbeat(image, { ...idle, wantShutDown: true }, { soft, next, limit: 3 }),
    )
  t.match(slice(), { state: 'controlled-shutdown', more: true })
  t.match(slice(), { state: 'controlled-shutdown', more: false })
  t.notOk(model.image.partitionsByLeader.has(1))
})

t.test('a broker that leads nothing may stop at once, and leaves the in-sync sets', async (t) => {
  const model = new Model([broker(1), broker(2), ...topic('orders', [2, 1])])
  t.match(beat(model, { wantShutDown: true }).answer, { shouldShutDown: true, isFenced: true })
  t.match(model.partition('orders'), { isr: [2], leader: 2 })
})

t.test('a heartbeat of another registration is stale', async (t) => {
  const model = new Model([broker(1)])
  t.throws(() => beat(model, { brokerEpoch: 99 }), { code: 'STALE_BROKER_EPOCH' })
  t.throws(() => beat(model, { brokerId: 2 }), { code: 'STALE_BROKER_EPOCH' })
})
