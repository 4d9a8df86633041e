import { nextOffset } from '@quorate/log'
import { openMemoryLog } from '@quorate/log/memory'
import { openRaft, type RaftNode } from '@quorate/raft'
import { rpcTransport } from '@quorate/raft/rpc'
import { rpcClient, serveRpc, systemClock, systemRandom } from '@quorate/transport'
import { memoryNetwork } from '@quorate/transport-memory'

/**
 * Three voters in this process on memory logs and a memory network: no disk and no sockets, so that what is left is the
 * cost of the code.
 *
 * @returns commits a second with `inFlight` proposals under way
 */
export async function measureInProcess(inFlight: number, seconds: number): Promise<number> {
  const network = memoryNetwork()
  const ids = [1, 2, 3]
  const peers = new Map(ids.map((id) => [id, `node-${id}`]))
  const leading = Promise.withResolvers<RaftNode>()
  let onCommitted: (count: number) => void = () => undefined
  const closers: (() => Promise<void>)[] = []

  for (const id of ids) {
    const transport = network.transport(`node-${id}`)
    const connect = (address: string) =>
      rpcClient({ transport, address, clock: systemClock, random: systemRandom })
    const quorum = rpcTransport({ peers, connect })
    const server = await serveRpc({ transport, address: `node-${id}`, handlers: [...quorum.handlers] })
    const log = await openMemoryLog()
    let isLeader = false
    const raft = openRaft({
      id,
      directoryId: `d${id}`,
      clusterId: 'benchmark',
      voters: ids,
      log,
      transport: quorum,
      electionTimeoutMs: 100,
      stateMachine: {
        apply(batches) {
          const last = batches.at(-1)
          if (isLeader && last !== undefined) onCommitted(nextOffset(last))
        },
        leadership({ leaderId }) {
          isLeader = leaderId === id
          if (isLeader) leading.resolve(raft)
        },
      },
    })
    closers.push(async () => {
      await raft.close()
      await server.close()
      await quorum.close()
      await log.close()
    })
  }

  const commitsPerSecond = await load(await leading.promise, inFlight, seconds, (listener) => {
    onCommitted = listener
  })
  await Promise.all(closers.map((close) => close()))
  return commitsPerSecond
}

async function load(
  raft: RaftNode,
  inFlight: number,
  seconds: number,
  listen: (listener: (committedOffset: number) => void) => void,
): Promise<number> {
  const value = Buffer.alloc(256, 7)
  const startOffset = raft.nextOffset
  const startMs = performance.now()
  const done = Promise.withResolvers<number>()
  listen((committedOffset) => {
    const elapsedMs = performance.now() - startMs
    if (elapsedMs >= seconds * 1_000) {
      done.resolve(((committedOffset - startOffset) * 1_000) / elapsedMs)
      return
    }
    while (raft.nextOffset - committedOffset < inFlight) raft.propose(value)
  })
  for (let count = 0; count < inFlight; count += 1) raft.propose(value)
  return done.promise
}
