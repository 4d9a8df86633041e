import type { Batch } from '@quorate/log'
import { ControlRecordType, type RaftStatus } from '@quorate/raft'
import t from 'tap'
import { LogShadow } from '../../src/checks/log-shadow.ts'
import type { CheckedNode } from '../../src/checks/checked-node.ts'
import { SafetyChecker } from '../../src/checks/safety.ts'

interface Node extends CheckedNode {
  life: number
  disk: {
    appended: LogShadow
    durable: LogShadow
    snapshots: { latest: { endOffset: number } | undefined }
    hardState: { epoch: number; vote?: { id: number } } | undefined
  }
}

const founders = [1, 2, 3].map((id) => ({ id, directoryId: `d${id}` }))

function batch(baseOffset: number, epoch: number, value = 1): Batch {
  return { baseOffset, count: 1, epoch, timestampMs: 0, attributes: 0, payload: new Uint8Array([value]) }
}

function status(id: number, role: RaftStatus['role'], epoch: number, highWatermark: number): RaftStatus {
  const identity = { id, directoryId: 'd', clusterId: 'c', voters: founders, areVotersCommitted: true }
  const log = {
    startOffset: 0,
    snapshot: undefined,
    endOffset: 0,
    endEpoch: 0,
    highWatermark,
    appliedOffset: 0,
  }
  return {
    ...identity,
    role,
    epoch,
    leaderId: undefined,
    vote: undefined,
    voterChange: undefined,
    ...log,
    replicas: [],
  }
}

/** Three voters on empty disks, and ways to let things happen to them. */
function setup() {
  const nodes = [1, 2, 3].map((id): Node => ({
    id,
    directoryId: `d${id}`,
    life: 1,
    disk: {
      appended: new LogShadow(founders),
      durable: new LogShadow(founders),
      snapshots: { latest: undefined },
      hardState: { epoch: 1 },
    },
  }))
  const checker = new SafetyChecker(nodes, founders)
  for (const node of nodes) checker.onStart(node)
  const [a, b, c] = nodes as [Node, Node, Node]
  const append = (node: Node, ...batches: Batch[]): void => {
    for (const each of batches) {
      node.disk.appended.append(each)
      node.disk.durable.append(each)
      checker.onAppended(node, each)
    }
  }
  const led = new Set<number>()
  /** The others vote for `node`, in whatever epoch nobody was voted for yet. */
  const elect = (node: Node, epoch: number): void => {
    if (led.has(epoch)) return
    led.add(epoch)
    for (const other of nodes) {
      const { hardState } = other.disk
      if (other === node) continue
      other.disk.hardState = { epoch, vote: { id: node.id } }
      const candidate = { candidateId: node.id, candidateDirectoryId: node.directoryId, lastEpoch: 99 }
      const vote = { type: 'vote', clusterId: 'c', epoch, voterId: other.id, endOffset: 0 } as const
      const granted = { type: 'vote', epoch, granted: true } as const
      checker.onResponse(other, { ...vote, ...candidate, preVote: false }, granted)
      other.disk.hardState = hardState
    }
  }
  const lead = (node: Node, epoch: number, highWatermark = 0): void => {
    elect(node, epoch)
    node.disk.hardState = { epoch, vote: { id: node.id } }
    checker.onStatus(node, status(node.id, 'leader', epoch, highWatermark))
  }
  return { checker, a, b, c, append, lead }
}

t.test('two leaders in an epoch are found out', async (t) => {
  const { a, b, lead } = setup()
  lead(a, 1)
  t.throws(() => lead(b, 1), /^one leader an epoch/)
})

t.test('a reign that goes on after a restart is found out', async (t) => {
  const { checker, a, lead } = setup()
  lead(a, 1)
  a.life = 2
  checker.onStart(a)
  t.throws(() => lead(a, 1), /^an epoch is led in one life/)
})

t.test('another log before the same offset and epoch is found out', async (t) => {
  const { a, b, append } = setup()
  append(a, batch(0, 1, 1), batch(1, 1, 2))
  append(b, batch(0, 1, 1))
  t.throws(() => append(b, batch(1, 1, 3)), /^log matching/)
})

t.test('a commit that no majority holds durably is found out', async (t) => {
  const { a, b, append, lead } = setup()
  append(a, batch(0, 1))
  lead(a, 1)
  t.throws(() => lead(a, 1, 1), /^a commit is durable on a majority/)
  append(b, batch(0, 1))
  t.throws(() => lead(a, 1, 0), /^high watermarks never fall/)
})

t.test('a commit of an earlier epoch by counting is found out (Figure 8)', async (t) => {
  const { a, b, append, lead } = setup()
  append(a, batch(0, 1), batch(1, 2))
  append(b, batch(0, 1))
  lead(a, 2)
  t.throws(() => lead(a, 2, 1), /^a leader commits its own epoch first/)
})

t.test('a leader that lacks what was committed is found out', async (t) => {
  const { a, b, c, append, lead } = setup()
  append(a, batch(0, 1))
  append(b, batch(0, 1))
  lead(a, 1)
  lead(a, 1, 1)
  t.throws(() => lead(c, 2), /^leader completeness/)
})

t.test('a cut of something committed is found out, a cut of something else is not', async (t) => {
  const { checker, a, b, c, append, lead } = setup()
  append(a, batch(0, 1))
  append(b, batch(0, 1))
  lead(a, 1)
  lead(a, 1, 1)
  append(c, batch(0, 0))
  checker.onCut(c, 0)
  t.throws(() => checker.onCut(b, 0), /^nothing committed is cut/)
})

t.test('a node that has not heard of an epoch may cut what only that one committed', async (t) => {
  const { checker, a, b, c, append, lead } = setup()
  for (const node of [a, b, c]) append(node, batch(0, 1))
  for (const node of [a, b]) append(node, batch(1, 3))
  lead(a, 3)
  lead(a, 3, 2)
  c.disk.hardState = { epoch: 2 }
  checker.onCut(c, 0)
  c.disk.hardState = { epoch: 3 }
  t.throws(() => checker.onCut(c, 0), /^nothing committed is cut/)
})

/** A control record that names the voters `ids`. */
function naming(baseOffset: number, epoch: number, ...ids: number[]): Batch {
  const voters = ids.map((id) => ({ id, directoryId: `d${id}` }))
  const record = { type: ControlRecordType.voters, version: 0, voters }
  const payload = new TextEncoder().encode(JSON.stringify(record))
  return { ...batch(baseOffset, epoch), attributes: 1, payload }
}

t.test('two voters that change at once are found out', async (t) => {
  const { a, append } = setup()
  t.throws(() => append(a, naming(0, 1, 1)), /^one voter at a time/)
})

t.test('voters that change before anything of the epoch is committed are found out', async (t) => {
  const { a, append } = setup()
  append(a, batch(0, 1))
  t.throws(() => append(a, naming(1, 1, 1, 2)), /^a set of voters is committed before the next/)
})

t.test('a node that counts others than its log names is found out', async (t) => {
  const { checker, a, b, append, lead } = setup()
  append(a, batch(0, 1))
  append(b, batch(0, 1))
  lead(a, 1)
  lead(a, 1, 1)
  append(a, naming(1, 1, 1, 2))
  t.throws(
    () => checker.onSettled(a, status(1, 'leader', 1, 1)),
    /^the newest voters in the log are in effect/,
  )
})

t.test('a vote in the name of another disk is found out', async (t) => {
  const { checker, a } = setup()
  const asked = { voterId: 1, voterDirectoryId: 'a lost disk', lastEpoch: 0, endOffset: 0, candidateId: 2 }
  const vote = { type: 'vote', clusterId: 'c', epoch: 1, candidateDirectoryId: 'd2', preVote: false } as const
  t.throws(
    () => checker.onResponse(a, { ...vote, ...asked }, { type: 'vote', epoch: 1, granted: true }),
    /^only who was asked votes/,
  )
})

t.test('two votes in an epoch are found out, also with a restart between them', async (t) => {
  const { checker, a } = setup()
  const vote = {
    type: 'vote',
    clusterId: 'c',
    epoch: 1,
    candidateDirectoryId: 'd',
    voterId: 1,
    preVote: false,
  } as const
  const log = { lastEpoch: 0, endOffset: 0 }
  const granted = { type: 'vote', epoch: 1, granted: true } as const
  a.disk.hardState = { epoch: 1, vote: { id: 2 } }
  checker.onResponse(a, { ...vote, ...log, candidateId: 2 }, granted)
  a.life = 2
  checker.onStart(a)
  a.disk.hardState = { epoch: 1, vote: { id: 3 } }
  t.throws(() => checker.onResponse(a, { ...vote, ...log, candidateId: 3 }, granted), /^one vote an epoch/)
})

t.test('a vote that is not on disk when it leaves is found out', async (t) => {
  const { checker, a } = setup()
  const vote = {
    type: 'vote',
    clusterId: 'c',
    epoch: 1,
    candidateDirectoryId: 'd',
    voterId: 1,
    preVote: false,
  } as const
  const request = { ...vote, lastEpoch: 0, endOffset: 0, candidateId: 2 }
  t.throws(
    () => checker.onResponse(a, request, { type: 'vote', epoch: 1, granted: true }),
    /^a vote is durable before it is sent/,
  )
})

t.test('an epoch that falls over a restart is found out', async (t) => {
  const { checker, a } = setup()
  a.disk.hardState = { epoch: 4 }
  checker.onRequest(a, { type: 'begin-quorum-epoch', clusterId: 'c', epoch: 4, leaderId: 1, voterId: 1 })
  checker.onStart(a)
  t.throws(() => checker.onStatus(a, status(1, 'unattached', 3, 0)), /^epochs never fall/)
})

t.test('a batch applied twice, and one that nobody committed, are found out', async (t) => {
  const { checker, a, b, append, lead } = setup()
  append(a, batch(0, 1))
  append(b, batch(0, 1))
  lead(a, 1)
  t.throws(() => checker.onApply(b, batch(0, 1)), /^state machine safety/)
  lead(a, 1, 1)
  checker.onApply(a, batch(0, 1))
  t.throws(() => checker.onApply(a, batch(0, 1)), /^applied in order/)
})

t.test('different states at the same offset are found out', async (t) => {
  const { checker, a, b } = setup()
  checker.onState(a, 1, 7)
  checker.onState(b, 1, 7)
  t.throws(() => checker.onState(b, 1, 8), /^state hash/)
})
