/** One voter in a process of its own: LevelDB on disk, TCP on loopback, fsync on. Started by `quorum.ts` with its id and directory. */
import { createLog, nextOffset, openLog } from '@quorate/log'
import { openRaft, type RaftNode } from '@quorate/raft'
import { rpcTransport } from '@quorate/raft/rpc'
import { handle, RpcError, rpcClient, serveRpc, systemClock, systemRandom } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import { Meter } from './meter.ts'
import { report, submitApi, type Command, type Load, type Report } from './protocol.ts'

const [id, path] = [Number(process.argv[2]), process.argv[3] ?? '']
const transport = tcp()
const connect = (address: string) =>
  rpcClient({ transport, address, clock: systemClock, random: systemRandom })

/** Called for every committed offset while a load runs. */
let onCommitted: (offset: number) => void = () => undefined
let raft: RaftNode | undefined

const peers = new Map<number, string>()
const quorum = rpcTransport({ peers, connect })
const server = await serveRpc({
  transport,
  address: '127.0.0.1:0',
  handlers: [...quorum.handlers, handle(submitApi, ({ value }) => submit(value))],
})
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

/** Each proposal is timed until it is applied here. */
async function load(options: Load): Promise<Report> {
  const node = raft as RaftNode
  const value = Buffer.alloc(options.valueBytes, 7)
  const meter = new Meter(options)
  const started: number[] = []
  let oldest = 0
  const propose = (): void => {
    started.push(performance.now())
    node.propose(value)
  }
  const done = Promise.withResolvers<void>()
  onCommitted = () => {
    const goOn = meter.committed(started[oldest] ?? 0)
    oldest += 1
    if (goOn) propose()
    else if (oldest === started.length) done.resolve()
  }
  for (let count = 0; count < options.inFlight; count += 1) propose()
  await done.promise
  onCommitted = () => undefined
  return meter.result()
}

/** A client's proposal: its outcome is the answer. */
async function submit(value: Uint8Array): Promise<{ offset: number }> {
  if (raft === undefined) throw new RpcError('NODE_NOT_READY', 'the voter has not started')
  const outcome = await raft.submit(value)
  if (outcome.status !== 'committed') throw new RpcError('NOT_COMMITTED', outcome.error.message)
  return { offset: outcome.baseOffset }
}

async function stop(): Promise<void> {
  await raft?.close()
  await server.close()
  await quorum.close()
  await log.close()
  process.disconnect()
}
