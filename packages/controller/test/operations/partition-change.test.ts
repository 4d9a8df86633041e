import t from 'tap'
import type { PartitionImage } from '../../src/image/image.ts'
import { changePartition } from '../../src/operations/partition-change.ts'

const partition = (fields: Partial<PartitionImage> = {}): PartitionImage => ({
  topicId: 'o',
  partitionId: 0,
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  leader: 1,
  leaderEpoch: 5,
  partitionEpoch: 9,
  ...fields,
})
const change = { type: 'IsrChange', topicId: 'o', partitionId: 0 }
const active =
  (...ids: readonly number[]) =>
  (id: number): boolean =>
    ids.includes(id)

t.test('a valid leader stays, so that only the in-sync set changes', async (t) => {
  t.same(changePartition(partition(), { isr: [1, 2], canLead: active(1, 2) }), { ...change, isr: [1, 2] })
  t.same(changePartition(partition({ leader: 3 }), { isr: [1, 3], canLead: active(1, 3) }), {
    ...change,
    isr: [1, 3],
  })
})

t.test('a leader that leaves is followed by the first replica in order of preference', async (t) => {
  t.same(changePartition(partition({ isr: [1, 3, 2] }), { isr: [3, 2], canLead: active(2, 3) }), {
    ...change,
    isr: [3, 2],
    leader: 2,
  })
})

t.test('who is out of sync, or cannot lead, is passed over', async (t) => {
  t.same(changePartition(partition({ isr: [1, 3] }), { isr: [3], canLead: active(2, 3) }), {
    ...change,
    isr: [3],
    leader: 3,
  })
  t.same(changePartition(partition(), { canLead: active(3) }), { ...change, leader: 3 })
})

t.test('the last member in sync stays in the set when it leaves, and nobody leads', async (t) => {
  t.same(changePartition(partition({ isr: [1] }), { isr: [], canLead: active(2, 3) }), {
    ...change,
    leader: -1,
  })
})

t.test('a leaderless partition gets its last member back as the leader', async (t) => {
  t.same(changePartition(partition({ isr: [2], leader: -1 }), { canLead: active(1, 2) }), {
    ...change,
    leader: 2,
  })
})

t.test('nothing is written where nothing changes', async (t) => {
  t.equal(changePartition(partition(), { canLead: active(1) }), undefined)
  t.equal(changePartition(partition({ isr: [2], leader: -1 }), { canLead: active(1, 3) }), undefined)
  t.equal(changePartition(partition({ isr: [2], leader: -1 }), { isr: [], canLead: active(1) }), undefined)
})
