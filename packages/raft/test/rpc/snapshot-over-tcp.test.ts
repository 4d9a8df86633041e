import {
  createMemorySnapshotDirectory,
  createMemoryStorage,
  openMemoryLog,
  openMemorySnapshots,
} from '@quorate/log/memory'
import { rpcClient, serveRpc, systemClock, systemRandom } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import t, { type Test } from 'tap'
import { openRaft, type RaftNode, type StateMachine } from '../../src/index.ts'
import { rpcTransport } from '../../src/rpc/index.ts'

const transport = tcp()
const ids = [1, 2, 3]

/** A state machine that remembers the text of every proposal. */
class Texts implements StateMachine {
  state: string[] = []

  apply(batches: Parameters<StateMachine['apply']>[0]): void {
    for (const { attributes, payload } of batches) {
      if (attributes === 0) this.state.push(new TextDecoder().decode(payload))
    }
  }

  leadership(): void {
    // Who leads does not matter to it.
  }

  snapshot(): readonly Uint8Array[] {
    return [Buffer.from(JSON.stringify(this.state))]
  }

  async load(contents: AsyncIterable<Uint8Array>): Promise<void> {
    const pieces: Uint8Array[] = []
    for await (const piece of contents) pieces.push(piece)
    this.state = JSON.parse(Buffer.concat(pieces).toString()) as string[]
  }
}

/** A port of 127.0.0.1 that nobody listens at. */
async function reserve(): Promise<string> {
  const server = await serveRpc({ transport, address: '127.0.0.1:0', handlers: [] })
  await server.close()
  return server.address
}

async function start(t: Test, id: number, peers: ReadonlyMap<number, string>) {
  const log = await openMemoryLog({ storage: createMemoryStorage() })
  const snapshots = await openMemorySnapshots({ directory: createMemorySnapshotDirectory() })
  const quorum = rpcTransport({
    peers,
    connect: (address) => rpcClient({ transport, address, clock: systemClock, random: systemRandom }),
  })
  const calls: string[] = []
  const handlers = quorum.handlers.map(({ api, handler }) => ({
    api,
    handler: (...call: Parameters<typeof handler>) => {
      calls.push(api.name)
      return handler(...call)
    },
  }))
  const server = await serveRpc({ transport, address: peers.get(id)!, handlers })
  const machine = new Texts()
  const raft = openRaft({
    id,
    directoryId: `d${id}`,
    clusterId: 'c',
    voters: ids,
    log,
    snapshots,
    transport: quorum,
    stateMachine: machine,
    electionTimeoutMs: 200,
    snapshotRetainCount: 1,
    snapshotFetchMaxBytes: 1_000,
  })
  t.teardown(async () => {
    await raft.close()
    await server.close()
    await quorum.close()
    await snapshots.close()
    await log.close()
  })
  return { id, raft, machine, calls }
}

async function leads(raft: RaftNode, signal: AbortSignal): Promise<boolean> {
  for await (const { role } of raft.roles({ signal })) if (role === 'leader') return true
  return false
}

t.test('a node that fell behind the log of its leader gets a snapshot over TCP, in parts', async (t) => {
  const peers = new Map(await Promise.all(ids.map(async (id) => [id, await reserve()] as const)))
  const nodes = [await start(t, 1, peers), await start(t, 2, peers)]
  const elected = new AbortController()
  const leader = await Promise.any(
    nodes.map(async (node) => {
      if (!(await leads(node.raft, elected.signal))) throw new Error('another leads')
      return node
    }),
  )
  elected.abort()
  const words = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(100, '.'))
  await Promise.all(words.slice(0, 90).map((word) => leader.raft.submit(Buffer.from(word))))
  const snapshot = await leader.raft.snapshot()
  t.equal(
    leader.raft.status().startOffset,
    snapshot?.endOffset,
    'what came before is not in its log any more',
  )
  await Promise.all(words.slice(90).map((word) => leader.raft.submit(Buffer.from(word))))

  const late = await start(t, 3, peers)
  await late.raft.applied(leader.raft.status().appliedOffset)
  t.same(late.machine.state, words)
  const { startOffset } = late.raft.status()
  t.equal(startOffset, snapshot?.endOffset)
  const parts = leader.calls.filter((name) => name === 'FetchSnapshot').length
  t.ok(parts > 9, `${parts} parts of a thousand bytes`)
})
