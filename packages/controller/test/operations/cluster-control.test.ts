import t from 'tap'
import { fenceBroker, registerBroker, unregisterBroker } from '../../src/operations/cluster-control.ts'
import { electLeaders } from '../../src/operations/replication-control.ts'
import { assertIndexes, assertPartitionInvariants, broker, Model, topic } from '../support/model.ts'

const request = {
  brokerId: 1,
  clusterId: 'cluster',
  incarnationId: 'first',
  endpoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }],
}
const clusterId = 'cluster'

t.test('a broker is registered fenced, under the offset of its record', async (t) => {
  const model = new Model([broker(7), broker(8)])
  const { brokerEpoch } = model.run((image, next) =>
    registerBroker(image, { ...request, rack: 'a' }, { clusterId, next }),
  )
  t.equal(brokerEpoch, 2)
  t.match(model.image.brokers.get(1), {
    fenced: true,
    inControlledShutdown: false,
    brokerEpoch: 2,
    rack: 'a',
  })
})

t.test(
  'the incarnation that is registered keeps its epoch and its state when it registers again',
  async (t) => {
    const model = new Model([broker(1)])
    const same = {
      ...request,
      incarnationId: 'incarnation-100',
      endpoints: [{ name: 'TLS', host: 'h', port: 1 }],
    }
    const { brokerEpoch } = model.run((image) => registerBroker(image, same, { clusterId, next: 999 }))
    t.equal(brokerEpoch, 100)
    t.match(model.image.brokers.get(1), { fenced: false, brokerEpoch: 100, endpoints: [{ name: 'TLS' }] })
  },
)

t.test('another incarnation waits until the one before is fenced', async (t) => {
  const model = new Model([broker(1), broker(2), ...topic('orders', [1, 2])])
  const register = () => model.run((image) => registerBroker(image, request, { clusterId, next: 999 }))
  t.throws(register, { code: 'DUPLICATE_BROKER_REGISTRATION' })
  model.run((image) => fenceBroker(image, 1))
  t.equal(register().brokerEpoch, 999)
  assertPartitionInvariants(model.image)
})

t.test('registrations of another cluster, without endpoints, or with one twice are refused', async (t) => {
  const model = new Model()
  const register = (fields: object) => () =>
    registerBroker(model.image, { ...request, ...fields }, { clusterId, next: 0 })
  t.throws(register({ clusterId: 'other' }), { code: 'INCONSISTENT_CLUSTER_ID' })
  t.throws(register({ endpoints: [] }), { code: 'INVALID_REGISTRATION' })
  t.throws(register({ endpoints: [...request.endpoints, ...request.endpoints] }), {
    code: 'INVALID_REGISTRATION',
  })
})

t.test('fencing takes a broker out of every in-sync set before it is fenced', async (t) => {
  const model = new Model([broker(1), broker(2), ...topic('orders', [1, 2], [2, 1], [1])])
  const { records } = fenceBroker(model.image, 1)
  t.equal(records.at(-1)?.type, 'BrokerRegistrationChange')
  model.append(records)
  t.match(model.partition('orders', 0), { isr: [2], leader: 2, leaderEpoch: 1 })
  t.match(model.partition('orders', 1), { isr: [2], leader: 2, leaderEpoch: 0 })
  t.match(model.partition('orders', 2), { isr: [1], leader: -1, leaderEpoch: 1 })
  assertPartitionInvariants(model.image)
  t.same(fenceBroker(model.image, 1).records, [], 'nothing is left to do')
  t.same(fenceBroker(model.image, 9).records, [], 'a broker that is gone is left alone')
})

t.test('a change too large for one batch is made in slices, the registration with the last', async (t) => {
  const model = new Model([
    broker(1),
    broker(2),
    ...topic('orders', ...Array.from({ length: 10 }, () => [1, 2])),
  ])
  const sizes: number[] = []
  for (let more = true; more;) {
    const { records, response } = fenceBroker(model.image, 1, 4)
    model.append(records)
    sizes.push(records.length)
    more = response.more
    t.equal(model.image.brokers.get(1)?.fenced, !more)
  }
  t.same(sizes, [3, 3, 3, 2])
  assertPartitionInvariants(model.image)
  assertIndexes(model.image)
})

t.test('unregistering takes a broker out of every in-sync set and forgets it', async (t) => {
  const model = new Model([broker(1), broker(2), ...topic('orders', [1, 2])])
  model.run((image) => unregisterBroker(image, 1))
  t.notOk(model.image.brokers.has(1))
  t.match(model.partition('orders'), { isr: [2], leader: 2 })
  t.throws(() => unregisterBroker(model.image, 1), { code: 'BROKER_ID_NOT_REGISTERED' })
})

t.test('leaderless partitions are led again by whom of their in-sync set is back, in slices', async (t) => {
  const model = new Model([broker(1), broker(2), ...topic('orders', [1], [1], [1], [2])])
  model.run((image) => fenceBroker(image, 1))
  model.run((image) => fenceBroker(image, 2))
  model.append([{ type: 'BrokerRegistrationChange', brokerId: 1, brokerEpoch: 100, fenced: false }])
  const first = electLeaders(model.image, { limit: 2 })
  t.match(first, { more: true, records: { length: 2 } })
  model.append(first.records)
  const second = electLeaders(model.image, { limit: 2 })
  t.match(second, { more: false, records: { length: 1 } })
  model.append(second.records)
  t.equal(model.partition('orders', 3).leader, -1)
  assertPartitionInvariants(model.image)
})
