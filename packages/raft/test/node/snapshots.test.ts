import { openMemoryLog, openMemorySnapshots, createMemorySnapshotDirectory } from '@quorate/log/memory'
import type { MemoryLog } from '@quorate/log/memory'
import { createMemoryStorage } from '@quorate/log/memory'
import t from 'tap'
import {
  openRaft,
  type RaftOptions,
  type RaftTransport,
  type SnapshotInfo,
  type Snapshots,
  type StateMachine,
} from '../../src/index.ts'

const nobody: RaftTransport = {
  request: () => new Promise(() => undefined),
  serve: () => () => undefined,
}

/** A state machine that remembers the text of every proposal. */
function texts(): StateMachine & { state: string[]; leads: Promise<void> } {
  const leads = Promise.withResolvers<void>()
  const machine = {
    state: [] as string[],
    leads: leads.promise,
    apply: (batches: Parameters<StateMachine['apply']>[0]) => {
      for (const { attributes, payload } of batches)
        if (attributes === 0) machine.state.push(new TextDecoder().decode(payload))
    },
    leadership: ({ leaderId }: { leaderId: number | undefined }) => leaderId === 1 && leads.resolve(),
    snapshot: () => [Buffer.from(JSON.stringify(machine.state))],
    load: async (contents: AsyncIterable<Uint8Array>) => {
      const pieces: Uint8Array[] = []
      for await (const piece of contents) pieces.push(piece)
      machine.state = JSON.parse(Buffer.concat(pieces).toString()) as string[]
    },
  }
  return machine
}

/** The disk of a node, and a way to run the node on it until it is closed. */
function disk() {
  const storage = createMemoryStorage()
  const directory = createMemorySnapshotDirectory()
  const run = async (
    work: (node: {
      raft: ReturnType<typeof openRaft>
      machine: ReturnType<typeof texts>
      log: MemoryLog
      snapshots: Snapshots
    }) => Promise<void>,
    tuning: Partial<RaftOptions> = {},
  ): Promise<void> => {
    const log = await openMemoryLog({ storage })
    const snapshots = await openMemorySnapshots({ directory })
    const machine = texts()
    const identity = { id: 1, directoryId: 'd', clusterId: 'c', voters: [1] }
    try {
      const raft = openRaft({
        ...identity,
        log,
        snapshots,
        transport: nobody,
        stateMachine: machine,
        ...tuning,
      })
      try {
        await work({ raft, machine, log, snapshots })
      } finally {
        await raft.close()
      }
    } finally {
      await log.close()
      await snapshots.close()
    }
  }
  return { run, directory }
}

async function write(raft: ReturnType<typeof openRaft>, ...words: string[]): Promise<void> {
  for (const word of words) await raft.submit(Buffer.from(word))
}

t.test('a restarted node loads its snapshot, and applies only what came after it', async (t) => {
  const { run } = disk()
  await run(async ({ raft, machine, log }) => {
    await machine.leads
    await write(raft, 'a')
    const first = await raft.snapshot()
    t.equal(first?.endOffset, raft.status().appliedOffset)
    await write(raft, 'b')
    const second = await raft.snapshot()
    t.same(second, { ...second, endOffset: (first?.endOffset ?? 0) + 1, epoch: 1 })
    t.same(await raft.snapshot(), second, 'nothing came since')
    await write(raft, 'c')
    t.equal(log.startOffset, first?.endOffset, 'the log is cut where the oldest of two snapshots ends')
    const { startOffset, snapshot } = raft.status()
    t.same(
      { startOffset, snapshot },
      {
        startOffset: first?.endOffset,
        snapshot: { endOffset: second?.endOffset, epoch: 1 },
      },
    )
  })
  await run(async ({ raft, machine }) => {
    await machine.leads
    t.same(machine.state, ['a', 'b', 'c'])
    t.same(raft.status().voters, [{ id: 1, directoryId: 'd' }], 'the snapshot names the voters')
    await write(raft, 'd')
    t.same(machine.state, ['a', 'b', 'c', 'd'])
  })
})

t.test('snapshots are made after so many bytes, and the log never grows beyond some of that', async (t) => {
  const { run } = disk()
  await run(
    async ({ raft, machine, log, snapshots }) => {
      await machine.leads
      for (let index = 0; index < 50; index += 1) await write(raft, `word ${index}`)
      t.ok(log.startOffset > 0, 'unasked')
      await raft.snapshot()
      t.equal(snapshots.all.length, 1)
      t.equal(log.startOffset, log.endOffset)
    },
    { snapshotIntervalBytes: 500, snapshotRetainCount: 1 },
  )
})

t.test('a damaged snapshot is passed over where an older one and the log can stand in for it', async (t) => {
  const { run, directory } = disk()
  const made: SnapshotInfo[] = []
  await run(async ({ raft, machine }) => {
    await machine.leads
    for (const word of ['a', 'b']) {
      await write(raft, word)
      made.push((await raft.snapshot()) as SnapshotInfo)
    }
  })
  const [older, newer] = made as [SnapshotInfo, SnapshotInfo]
  directory.corrupt(newer, 40)
  await run(async ({ machine, snapshots }) => {
    await machine.leads
    t.same(machine.state, ['a', 'b'])
    t.same(snapshots.all, [older], 'nobody is given the damaged one')
  })
  directory.corrupt(older, 40)
  await run(async ({ raft }) => {
    t.match(await raft.failed, { code: 'LOG_SNAPSHOT_CORRUPT' })
  })
})

t.test('a state machine that cannot say what it holds costs the snapshot, not the node', async (t) => {
  const { run } = disk()
  await run(async ({ raft, machine, snapshots }) => {
    await machine.leads
    machine.snapshot = () => {
      throw new Error('out of words')
    }
    await t.rejects(raft.snapshot(), { message: 'out of words' })
    t.equal(snapshots.latest, undefined)
    await write(raft, 'a')
    t.same(machine.state, ['a'])
  })
})

t.test('a node that closes gives up the snapshot that it is making', async (t) => {
  const { run } = disk()
  await run(async ({ raft, machine, snapshots }) => {
    await machine.leads
    let isAsked = false
    machine.snapshot = async function* () {
      isAsked = true
      for (;;) yield await new Promise((resolve) => setImmediate(resolve, Buffer.alloc(100_000)))
    } as never
    const rejected = t.rejects(raft.snapshot(), { code: 'RAFT_CLOSED' })
    await new Promise((resolve) => setImmediate(resolve))
    t.ok(isAsked)
    await raft.close()
    await rejected
    t.same(snapshots.all, [])
  })
})

t.test('options that contradict each other are refused', async (t) => {
  const log = await openMemoryLog()
  const snapshots = await openMemorySnapshots()
  const identity = { id: 1, directoryId: 'd', clusterId: 'c', voters: [1], transport: nobody }
  const stateMachine = { apply: () => undefined, leadership: () => undefined }
  t.throws(() => openRaft({ ...identity, log, snapshots, stateMachine }), { code: 'RAFT_OPTIONS_INVALID' })
  await using raft = openRaft({ ...identity, log, stateMachine })
  await t.rejects(raft.snapshot(), { code: 'RAFT_SNAPSHOTS_DISABLED' })
})
