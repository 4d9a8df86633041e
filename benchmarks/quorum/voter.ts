/** One voter in a process of its own: LevelDB on disk, TCP on loopback, fsync on. Started by `quorum.ts` with its id and directory. */
import { createHistogram } from 'node:perf_hooks'
import { createLog, nextOffset, openLog } from '@quorate/log'
import { openRaft, type RaftNode } from '@quorate/raft'
import { rpcTransport } from '@quorate/raft/rpc'
import { rpcClient, serveRpc, systemClock, systemRandom } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import type { Command, Report } from './protocol.ts'

const [id, path] = [Number(process.argv[2]), process.argv[3] ?? '']
const transport = tcp()
const connect = (address: string) =>
  rpcClient({ transport, address, clock: systemClock, random: systemRandom })

/** Called for every committed offset while a load runs. */
let onCommitted: (offset: number) => void = () => undefined
let raft: RaftNode | undefined

const peers = new Map<number, string>()
const quorum = rpcTransport({ peers, connect })
const server = await serveRpc({ transport, address: '127.0.0.1:0', handlers: [...quorum.handlers] })
await createLog({ path })
const log = await openLog({ path })
report({ type: 'listening', address: server.address })

process.on('message', (command: Command) => {
  if (command.type === 'start') start(command.addresses)
  if (command.type === 'load') void load(command).then(report)
  if (command.type === 'stop') void stop()
})

function start(addresses: readonly string[]): void {
  for (const [index, address] of addresses.entries()) peers.set(index + 1, address)
  raft = openRaft({
    id,
    directoryId: `directory-${id}`,
    clusterId: 'benchmark',
    voters: [...peers.keys()],
    log,
    transport: quorum,
    electionTimeoutMs: 200,
    stateMachine: {
      apply(batches) {
        for (const batch of batches) onCommitted(nextOffset(batch))
      },
      leadership: ({ leaderId }) => leaderId === id && report({ type: 'leading' }),
    },
  })
}

/** Keeps `inFlight` proposals under way. Each is timed from its proposal to its being applied here. */
async function load({ inFlight, valueBytes, seconds }: Command & { type: 'load' }): Promise<Report> {
  const node = raft as RaftNode
  const value = Buffer.alloc(valueBytes, 7)
  const latencies = createHistogram()
  const started: number[] = []
  let oldest = 0
  const propose = (): void => {
    started.push(performance.now())
    node.propose(value)
  }
  const done = Promise.withResolvers<void>()
  const startMs = performance.now()
  onCommitted = () => {
    const now = performance.now()
    latencies.record(Math.max(1, Math.round((now - (started[oldest] ?? now)) * 1e6)))
    oldest += 1
    if (now - startMs < seconds * 1_000) propose()
    else if (oldest === started.length) done.resolve()
  }
  for (let count = 0; count < inFlight; count += 1) propose()
  await done.promise
  onCommitted = () => undefined
  const elapsedSeconds = (performance.now() - startMs) / 1_000
  return {
    type: 'result',
    commitsPerSecond: oldest / elapsedSeconds,
    p50Ms: latencies.percentile(50) / 1e6,
    p99Ms: latencies.percentile(99) / 1e6,
  }
}

async function stop(): Promise<void> {
  await raft?.close()
  await server.close()
  await quorum.close()
  await log.close()
  process.disconnect()
}

function report(message: Report): void {
  process.send?.(message)
}
