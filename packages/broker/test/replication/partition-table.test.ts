import type { MetadataRecord } from '@quorate/controller'
import { silentLogger } from '@quorate/transport'
import t from 'tap'
import { PartitionTable } from '../../src/replication/partition-table.ts'
import { localReplicaChanges } from '../../src/replication/local-replica-changes.ts'
import { deltaOf, isrChange, metadataLog, onlineBrokers, partition, topic } from '../support/metadata-log.ts'

/** A log with three brokers and the table of broker 1, which follows it. */
function followed() {
  const log = metadataLog()
  const table = new PartitionTable(1, silentLogger)
  const append = (...records: readonly MetadataRecord[]) => {
    const delta = deltaOf(log.append(...records))
    table.publish(delta, log.image)
    return delta
  }
  append(...onlineBrokers(3))
  return { log, table, append }
}

t.test('a broker holds the partitions it has a replica of, as leader or as follower', async (t) => {
  const { table, append } = followed()
  append(
    topic('T1', 'orders'),
    partition('T1', 0, [1, 2]),
    partition('T1', 1, [2, 1]),
    partition('T1', 2, [2, 3]),
  )
  t.equal(table.size, 2)
  t.match(table.get('T1', 0), {
    topicName: 'orders',
    role: 'leader',
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    isr: [1, 2],
  })
  t.match(table.get('T1', 1), { role: 'follower', leader: 2 })
  t.equal(table.get('T1', 2), undefined)
})

t.test('roles and epochs follow every change, and a leaderless partition is followed', async (t) => {
  const { table, append } = followed()
  append(topic('T1', 'orders'), partition('T1', 0, [1, 2]))
  append(isrChange('T1', 0, { leader: 2, isr: [2] }))
  t.match(table.get('T1', 0), { role: 'follower', leader: 2, leaderEpoch: 1, partitionEpoch: 1, isr: [2] })
  append(isrChange('T1', 0, { leader: -1 }))
  t.match(table.get('T1', 0), { role: 'follower', leader: -1, leaderEpoch: 2, partitionEpoch: 2 })
  append(isrChange('T1', 0, { isr: [1, 2] }), isrChange('T1', 0, { leader: 1 }))
  t.match(table.get('T1', 0), { role: 'leader', leaderEpoch: 3, partitionEpoch: 4 })
})

t.test('a deleted topic is forgotten, also when its name is created again at once', async (t) => {
  const { table, append } = followed()
  append(topic('T1', 'orders'), partition('T1', 0, [1, 2]))
  append({ type: 'RemoveTopic', topicId: 'T1' }, topic('T2', 'orders'), partition('T2', 0, [2, 1]))
  t.strictSame(
    [...table].map(({ topicId, role }) => [topicId, role]),
    [['T2', 'follower']],
  )
})

t.test('deletes come before leaders, and leaders before followers', async (t) => {
  const { log, table, append } = followed()
  append(topic('T1', 'orders'), partition('T1', 0, [1]))
  const change = log.append(topic('T2', 'carts'), partition('T2', 0, [2, 1]), partition('T2', 1, [1, 2]), {
    type: 'RemoveTopic',
    topicId: 'T1',
  })
  const changes = localReplicaChanges(1, deltaOf(change), table)
  t.strictSame(Object.keys(changes), ['deletes', 'strays', 'leaders', 'followers'])
  t.match(changes, {
    deletes: [{ topicId: 'T1', partitionId: 0 }],
    strays: [],
    leaders: [{ topicId: 'T2', partitionId: 1 }],
    followers: [{ topicId: 'T2', partitionId: 0 }],
  })
})

t.test('a snapshot that repeats what is held changes nothing', async (t) => {
  const { log, table, append } = followed()
  append(topic('T1', 'orders'), partition('T1', 0, [1, 2]), partition('T1', 1, [2, 1]))
  t.strictSame(localReplicaChanges(1, deltaOf(log.resend()), table), {
    deletes: [],
    strays: [],
    leaders: [],
    followers: [],
  })
})

t.test('a partition that a snapshot does not have is a stray, and is forgotten', async (t) => {
  const { log, table, append } = followed()
  append(topic('T1', 'orders'), partition('T1', 0, [1, 2]), topic('T2', 'carts'), partition('T2', 0, [1, 2]))
  log.append({ type: 'RemoveTopic', topicId: 'T1' }, isrChange('T2', 0, { leader: 2 }))
  const delta = deltaOf(log.resend())
  t.match(localReplicaChanges(1, delta, table).strays, [{ topicId: 'T1' }])
  table.publish(delta, log.image)
  t.match([...table], [{ topicId: 'T2', role: 'follower', leaderEpoch: 1 }])
  t.equal(table.size, 1)
})

t.test('a partition that loses this broker as a replica is deleted', async (t) => {
  const { log, table, append } = followed()
  append(topic('T1', 'orders'), partition('T1', 0, [1, 2]))
  const current = log.image.topics.get('T1')?.partitions.get(0)
  if (current === undefined) throw new Error('the partition exists')
  const moved = { ...current, replicas: [2, 3], isr: [2], leader: 2, leaderEpoch: 1, partitionEpoch: 1 }
  table.publish(
    { ...emptyDelta, partitions: [{ topicName: 'orders', previous: current, current: moved }] },
    log.image,
  )
  t.equal(table.size, 0)
})

t.test('a leader epoch that goes back is a broken invariant', async (t) => {
  const { log, table, append } = followed()
  append(topic('T1', 'orders'), partition('T1', 0, [1, 2]))
  append(isrChange('T1', 0, { leader: 1 }))
  const current = log.image.topics.get('T1')?.partitions.get(0)
  if (current === undefined) throw new Error('the partition exists')
  const older = { ...current, leaderEpoch: 0, partitionEpoch: current.partitionEpoch + 1 }
  t.throws(
    () =>
      localReplicaChanges(
        1,
        { ...emptyDelta, partitions: [{ topicName: 'orders', previous: current, current: older }] },
        table,
      ),
    { name: 'InvariantError', message: /leader epoch of orders-0 does not go back from 1/ },
  )
})

const emptyDelta = {
  snapshot: false,
  brokers: [],
  topicsCreated: [],
  topicsDeleted: [],
  partitions: [],
  configs: [],
}
