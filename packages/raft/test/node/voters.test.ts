import { openMemoryLog } from '@quorate/log/memory'
import t, { type Test } from 'tap'
import {
  DeliveryError,
  openRaft,
  type NodeId,
  type RaftLog,
  type RaftNode,
  type RaftOptions,
  type RaftRequestHandler,
  type RaftTransport,
} from '../../src/index.ts'

/** Nodes that reach each other at once, each opened with a log and what else it needs. */
function network(t: Test) {
  const handlers = new Map<NodeId, RaftRequestHandler>()
  const met = new Map<NodeId, unknown>()
  const transport = (id: NodeId): RaftTransport => ({
    async request(to, request) {
      const handler = handlers.get(to)
      if (handler === undefined) throw new DeliveryError('refused', `node ${to} is not there`)
      return structuredClone(await handler(structuredClone(request)))
    },
    serve(handler) {
      handlers.set(id, handler)
      return () => handlers.delete(id)
    },
    meet: (other, endpoints) => void met.set(other, endpoints),
  })
  const open = (id: NodeId, log: RaftLog, options: Partial<RaftOptions> = {}): RaftNode => {
    const raft = openRaft({
      id,
      directoryId: `d${id}`,
      clusterId: 'c',
      voters: [1],
      log,
      transport: transport(id),
      stateMachine: { apply: () => undefined, leadership: () => undefined },
      electionTimeoutMs: 100,
      ...options,
    })
    t.teardown(() => raft.close())
    return raft
  }
  return { open, met }
}

async function leads(raft: RaftNode): Promise<void> {
  for await (const { role } of raft.roles()) if (role === 'leader') return
}

t.test('a node that joins is made a voter, and then it can lead without the first one', async (t) => {
  const { open, met } = network(t)
  const first = open(1, await openMemoryLog())
  const second = open(2, await openMemoryLog(), { joins: true })
  await leads(first)
  t.same(first.status().voters, [{ id: 1, directoryId: 'd1' }])
  await first.addVoter({ id: 2, directoryId: 'd2', endpoints: { quorum: 'there:1' } })
  t.match(first.status(), { areVotersCommitted: true, voterChange: undefined })
  t.same(met.get(2), { quorum: 'there:1' }, 'the transport is told where it listens')
  await first.removeVoter({ id: 1, directoryId: 'd1' })
  await leads(second)
  t.match(second.status(), { voters: [{ id: 2, directoryId: 'd2' }] })
})

t.test('after a restart the log says who votes, whatever the options say', async (t) => {
  const { open } = network(t)
  const log = await openMemoryLog()
  const raft = open(1, log)
  await leads(raft)
  await raft.applied(2)
  await raft.close()
  const again = open(1, log, { voters: [1, 2, 3] })
  await leads(again)
  t.same(again.status().voters, [{ id: 1, directoryId: 'd1' }])
})

t.test('a node whose disk was replaced neither votes nor leads, though the options list it', async (t) => {
  const { open } = network(t)
  const raft = open(1, await openMemoryLog(), { directoryId: 'new', joins: true })
  t.same(raft.status().voters, [])
  t.throws(() => raft.propose(new Uint8Array(1)), { code: 'RAFT_NOT_LEADER' })
  await t.rejects(raft.addVoter({ id: 1, directoryId: 'new' }), { code: 'RAFT_NOT_LEADER' })
})

t.test('changes that cannot be are refused with a code that says why', async (t) => {
  const { open } = network(t)
  const raft = open(1, await openMemoryLog())
  await leads(raft)
  const voter = (id: number) => ({ id, directoryId: `d${id}` })
  await t.rejects(raft.removeVoter(voter(1)), { code: 'RAFT_LAST_VOTER' })
  await t.rejects(raft.removeVoter(voter(2)), { code: 'RAFT_VOTER_NOT_FOUND' })
  await t.rejects(raft.addVoter({ id: 1, directoryId: 'new' }), { code: 'RAFT_DUPLICATE_VOTER' })
  await t.rejects(raft.addVoter({ id: -1, directoryId: 'd' }), { code: 'RAFT_OPTIONS_INVALID' })
  await t.rejects(raft.addVoter({ id: 2, directoryId: '' }), { code: 'RAFT_OPTIONS_INVALID' })
  await t.rejects(raft.addVoter(voter(2), { timeoutMs: 1 }), { code: 'RAFT_VOTER_BEHIND' })
})

t.test('whoever waits for a change can give it up, and then it does not happen', async (t) => {
  const { open } = network(t)
  const raft = open(1, await openMemoryLog())
  await leads(raft)
  const controller = new AbortController()
  const added = raft.addVoter({ id: 2, directoryId: 'd2' }, { signal: controller.signal })
  t.match(raft.status().voterChange, { kind: 'add', voter: { id: 2 }, isAppended: false })
  await t.rejects(raft.addVoter({ id: 3, directoryId: 'd3' }), { code: 'RAFT_CHANGE_IN_PROGRESS' })
  controller.abort(new Error('enough'))
  await t.rejects(added, { message: 'enough' })
  t.equal(raft.status().voterChange, undefined)
})
