import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import t from 'tap'
import { ControllerError } from '../../src/errors.ts'
import { imageHash } from '../../src/image/hash.ts'
import { snapshot } from '../../src/image/snapshot.ts'
import { fenceBroker, registerBroker, unregisterBroker } from '../../src/operations/cluster-control.ts'
import { createPartitions } from '../../src/operations/create-partitions.ts'
import { createTopics } from '../../src/operations/create-topics.ts'
import { deleteTopics } from '../../src/operations/delete-topics.ts'
import { processHeartbeat } from '../../src/operations/heartbeat-control.ts'
import { alterPartitions } from '../../src/operations/partition-control.ts'
import {
  assertIndexes,
  assertPartitionInvariants,
  folded,
  idSource,
  Model,
  seededRandom,
} from '../support/model.ts'

const brokerId = fc.integer({ min: 1, max: 4 })
const name = fc.constantFrom('a', 'b', 'c.d', 'c_d')
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('register' as const), brokerId }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('heartbeat' as const),
      brokerId,
      wantFence: fc.boolean(),
      wantShutDown: fc.boolean(),
      behind: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fence' as const), brokerId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unregister' as const), brokerId }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      name,
      partitions: fc.integer({ min: 1, max: 4 }),
      replicationFactor: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('grow' as const), name, count: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), name }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('isr' as const),
      name,
      partitionId: fc.integer({ min: 0, max: 3 }),
      members: fc.uniqueArray(brokerId, { maxLength: 4 }),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** Three records to a batch, so that most changes take several; all of them are made before the next step. */
const limit = 3

function perform(model: Model, step: Step, ids: () => string): void {
  const { image } = model
  switch (step.kind) {
    case 'register':
      model.run((image, next) =>
        registerBroker(
          image,
          {
            brokerId: step.brokerId,
            clusterId: 'c',
            incarnationId: ids(),
            endpoints: [{ name: 'PLAINTEXT', host: 'h', port: 1 }],
          },
          { clusterId: 'c', next },
        ),
      )
      return
    case 'heartbeat': {
      const brokerEpoch = image.brokers.get(step.brokerId)?.brokerEpoch ?? 0
      const request = { ...step, brokerEpoch, currentMetadataOffset: step.behind ? 0 : model.offset }
      const soft = { controlledShutdownOffset: step.behind ? undefined : 0, lowestActiveOffset: 0 }
      const beat = (limit?: number) =>
        model.run((image, next) =>
          processHeartbeat(image, request, { soft, next, ...(limit === undefined ? {} : { limit }) }),
        )
      // Elections of a broker that returns are not the heartbeat's to repeat, so it is given room for all.
      for (let more = true; more;)
        ({ more } = beat(image.brokers.get(step.brokerId)?.fenced ? undefined : limit))
      return
    }
    case 'fence':
      for (let more = true; more;) ({ more } = model.run((image) => fenceBroker(image, step.brokerId, limit)))
      return
    case 'unregister':
      for (let more = true; more;)
        ({ more } = model.run((image) => unregisterBroker(image, step.brokerId, limit)))
      return
    case 'create':
      model.run((image) =>
        createTopics(
          image,
          { topics: [step] },
          { partitions: 1, replicationFactor: 1, random: seededRandom(model.offset), randomId: ids },
        ),
      )
      return
    case 'grow':
      model.run((image) =>
        createPartitions(image, { topics: [step] }, { random: seededRandom(model.offset) }),
      )
      return
    case 'delete':
      model.run((image) => deleteTopics(image, { topics: [{ name: step.name }] }))
      return
    case 'isr': {
      const topicId = image.topicIds.get(step.name)
      const partition = image.topics.get(topicId ?? '')?.partitions.get(step.partitionId)
      const leader = image.brokers.get(partition?.leader ?? -1)
      if (partition === undefined || leader === undefined) return
      const newIsr = step.members.map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
      const request = { ...partition, newIsr }
      model.run((image) =>
        alterPartitions(image, {
          ...leader,
          topics: [{ topicId: partition.topicId, partitions: [request] }],
        }),
      )
    }
  }
}

t.test('whatever is asked for, in whatever order, the invariants hold after each operation', async () => {
  const reached = { leaderless: 0, shrunk: 0, refused: 0, partitions: 0 }
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      const model = new Model()
      const ids = idSource()
      for (const step of steps) {
        try {
          perform(model, step, ids)
        } catch (error) {
          if (!(error instanceof ControllerError)) throw error
          reached.refused++
        }
        assertPartitionInvariants(model.image)
      }
      assertIndexes(model.image)
      for (const topic of model.image.topics.values()) {
        for (const { isr, leader, replicas } of topic.partitions.values()) {
          reached.partitions++
          if (leader === -1) reached.leaderless++
          if (isr.length < replicas.length) reached.shrunk++
        }
      }
      assert.equal(
        imageHash(folded(model.log)),
        imageHash(model.image),
        'replaying the log gives the same image',
      )
      assert.equal(
        imageHash(folded(snapshot(model.image))),
        imageHash(model.image),
        'and so does the snapshot',
      )
    }),
    { seed: 7, numRuns: 150 },
  )
  for (const [what, times] of Object.entries(reached))
    assert(times > 20, `${what} was reached ${times} times`)
})
