import t from 'tap'
import type { Change } from '../src/index.ts'
import { type Account, leaderOf, openQuorum } from './quorum.ts'

const open = (account: string) => (): { records: Account[]; response: string } => ({
  records: [{ type: 'Opened', account }],
  response: account,
})
const move = (account: string, amount: number): Account => ({ type: 'Moved', account, amount, memo: '' })

t.test('what is written on the leader is in the image of every voter and observer', async (t) => {
  const nodes = await openQuorum([1, 2, 3], [9])
  t.teardown(() => Promise.all(nodes.map((node) => node.close())))
  const { store } = await leaderOf(nodes)
  t.equal(await store.write(open('alice')), 'alice')
  await store.write(() => ({ records: [move('alice', 5), move('alice', -2)], response: undefined }))
  const offset = await store.barrier()
  await Promise.all(nodes.map((node) => node.store.reached(offset)))
  for (const node of nodes) t.same([...node.store.image], [['alice', 3]], `node ${node.id}`)
})

t.test('a decision sees what is not committed yet, and readers do not', async (t) => {
  const [node] = await openQuorum([1])
  t.teardown(() => node?.close())
  const { store } = await leaderOf([node!])
  const first = store.write(open('alice'))
  const second = store.write((image) => {
    t.ok(image.has('alice'), 'the leader decides on its newest image')
    return { records: [move('alice', 1)], response: 'moved' }
  })
  const nothing = store.write((image) => ({ records: [], response: image.get('alice') }))
  t.notOk(store.image.has('alice'), 'nothing is committed yet')
  t.same(await Promise.all([first, second, nothing]), ['alice', 'moved', 1])
  t.same([...store.image], [['alice', 1]])
})

t.test('what a decision throws rejects the write and writes nothing', async (t) => {
  const [node] = await openQuorum([1])
  t.teardown(() => node?.close())
  const { store } = await leaderOf([node!])
  const before = await store.barrier()
  const decide = (): never => {
    throw new RangeError('not enough')
  }
  await t.rejects(store.write(decide), { name: 'RangeError', message: 'not enough' })
  t.equal(await store.barrier(), before)
})

t.test('records that are invalid or contradict the image are refused whole', async (t) => {
  const [node] = await openQuorum([1], [], { maxBatchRecords: 2 })
  t.teardown(() => node?.close())
  const { store } = await leaderOf([node!])
  await store.write(open('alice'))
  const before = store.offset
  const write = (records: unknown[]) => store.write(() => ({ records: records as Account[], response: 1 }))
  await t.rejects(write([{ type: 'Moved', account: 'alice', amount: 'much' }]), {
    code: 'STORE_RECORD_INVALID',
  })
  await t.rejects(write([{ type: 'Burned', account: 'alice' }]), { code: 'STORE_RECORD_INVALID' })
  await t.rejects(write([move('alice', 1), move('bob', 1)]), { code: 'STORE_RECORD_INVALID' })
  await t.rejects(write([1, 2, 3].map((amount) => move('alice', amount))), { code: 'STORE_BATCH_TOO_LARGE' })
  t.equal(store.offset, before)
  t.same([...store.image], [['alice', 0]])
})

t.test('a follower refuses to write and says who leads', async (t) => {
  const nodes = await openQuorum([1, 2, 3])
  t.teardown(() => Promise.all(nodes.map((node) => node.close())))
  const leader = await leaderOf(nodes)
  await Promise.all(nodes.map((node) => leader.store.barrier().then((offset) => node.store.reached(offset))))
  const follower = nodes.find((node) => node !== leader)
  await t.rejects(follower!.store.write(open('alice')), {
    code: 'STORE_NOT_LEADER',
    details: { leaderId: leader.id },
  })
})

t.test('a barrier on any node brings it up to every write that was acknowledged before', async (t) => {
  const nodes = await openQuorum([1, 2, 3], [9])
  t.teardown(() => Promise.all(nodes.map((node) => node.close())))
  const leader = await leaderOf(nodes)
  const heard = nodes.map(async ({ store }) => {
    for await (const { leaderId } of store.leaderships()) if (leaderId === leader.id) return
  })
  await Promise.all(heard)
  for (const node of nodes) {
    await leader.store.write(open(`for ${node.id}`))
    const end = leader.store.offset
    t.equal(await node.store.barrier(), end, 'it writes nothing')
    t.ok(node.store.image.has(`for ${node.id}`), `node ${node.id}`)
  }
})

t.test('a write that is under way when the leader closes has an unknown outcome', async (t) => {
  const nodes = await openQuorum([1, 2, 3])
  const leader = await leaderOf(nodes)
  await Promise.all(nodes.filter((node) => node !== leader).map((node) => node.close()))
  const write = leader.store.write(open('alice'))
  const rejected = t.rejects(write, { code: 'STORE_OUTCOME_UNKNOWN' })
  await leader.close()
  await rejected
  await t.rejects(leader.store.write(open('bob')), { code: 'STORE_CLOSED' })
  await t.rejects(leader.store.reached(1_000), { code: 'STORE_CLOSED' })
})

t.test('leadership moves when the leader leaves, with every acknowledged write', async (t) => {
  const nodes = await openQuorum([1, 2, 3])
  const leader = await leaderOf(nodes)
  await leader.store.write(open('alice'))
  await leader.close()
  const others = nodes.filter((node) => node !== leader)
  t.teardown(() => Promise.all(others.map((node) => node.close())))
  const successor = await leaderOf(others)
  t.ok(
    successor.store.image.has('alice'),
    'a leader has everything before its reign when it hears that it leads',
  )
  t.equal(await successor.store.write(open('bob')), 'bob')
})

t.test('readers get the image first and then every change, each at its own pace', async (t) => {
  const [node] = await openQuorum([1])
  const { store } = await leaderOf([node!])
  await store.write(open('alice'))
  const changes = store.changes()[Symbol.asyncIterator]()
  const first = (await changes.next()).value as Change<ReadonlyMap<string, number>, Account>
  t.ok(first.snapshot)
  t.match(first.delta, [{ type: 'Opened', account: 'alice' }, { type: 'Moved' }])
  for (const amount of [1, 2, 3]) {
    await store.write(() => ({ records: [move('alice', amount)], response: undefined }))
  }
  const merged = (await changes.next()).value as typeof first
  t.notOk(merged.snapshot)
  t.same(
    merged.delta.map((record) => record.type === 'Moved' && record.amount),
    [1, 2, 3],
    'what a slow reader missed comes merged',
  )
  t.equal(merged.previous, first.image)
  t.equal(merged.image, store.image)
  t.equal(merged.offset, store.offset)
  await node!.close()
  t.ok((await changes.next()).done, 'closing ends the iteration')
})

t.test('a reader that falls too far behind gets the whole image again', async (t) => {
  const [node] = await openQuorum([1], [], { maxMergedRecords: 2 })
  t.teardown(() => node?.close())
  const { store } = await leaderOf([node!])
  await store.write(open('alice'))
  const changes = store.changes()[Symbol.asyncIterator]()
  await changes.next()
  for (const amount of [1, 2, 3]) {
    await store.write(() => ({ records: [move('alice', amount)], response: undefined }))
  }
  const { value } = await changes.next()
  t.ok(value.snapshot)
  t.match(value.delta, [{ type: 'Opened' }, { type: 'Moved', amount: 6 }])
  t.equal(value.previous.size, 0)
})

t.test('an aborted signal ends an iteration and a wait', async (t) => {
  const [node] = await openQuorum([1])
  t.teardown(() => node?.close())
  const { store } = await leaderOf([node!])
  const controller = new AbortController()
  const iteration = (async () => {
    let seen = 0
    for await (const _change of store.changes({ signal: controller.signal })) seen += 1
    return seen
  })()
  const wait = store.reached(1_000, { signal: controller.signal })
  const rejected = t.rejects(wait, { message: 'enough' })
  await store.write(open('alice'))
  controller.abort(new Error('enough'))
  t.ok((await iteration) >= 1)
  await rejected
})

t.test('more writes than may wait are refused, and nothing of them is written', async (t) => {
  const [node] = await openQuorum([1], [], { maxPendingWrites: 2 })
  t.teardown(() => node?.close())
  const { store } = await leaderOf([node!])
  const writes = ['a', 'b', 'c'].map((account) => store.write(open(account)))
  const results = await Promise.allSettled(writes)
  t.same(
    results.map((result) => result.status),
    ['fulfilled', 'fulfilled', 'rejected'],
  )
  t.match(results[2], { reason: { code: 'STORE_OVERLOADED' } })
  t.same([...store.image.keys()], ['a', 'b'])
})
