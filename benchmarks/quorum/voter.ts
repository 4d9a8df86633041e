/** One voter in a process of its own: LevelDB on disk, TCP on loopback, fsync on. Started by `quorum.ts` with its id and directory. */
import { createLog, openLog } from '@quorate/log'
import { openRaft, type RaftNode } from '@quorate/raft'
import { rpcTransport } from '@quorate/raft/rpc'
import { handle, RpcError, rpcClient, serveRpc, systemClock, systemRandom } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import { closedLoop } from './closed-loop.ts'
import { report, submitApi, type Command } from './protocol.ts'

const [id, path] = [Number(process.argv[2]), process.argv[3] ?? '']
const transport = tcp()
const connect = (address: string) =>
  rpcClient({ transport, address, clock: systemClock, random: systemRandom })

let raft: RaftNode | undefined

const peers = new Map<number, string>()
const quorum = rpcTransport({ peers, connect })
const server = await serveRpc({
  transport,
  address: '127.0.0.1:0',
  handlers: [...quorum.handlers, handle(submitApi, submit)],
})
await createLog({ path })
const log = await openLog({ path })
report({ type: 'listening', address: server.address })

process.on('message', (command: Command) => {
  if (command.type === 'start') start(command.addresses)
  if (command.type === 'load') void closedLoop(command, submit).then(report)
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
      apply: () => undefined,
      leadership: ({ leaderId }) => leaderId === id && report({ type: 'leading' }),
    },
  })
}

/** A proposal of an embedder, or of a client: its outcome is what was waited for. */
async function submit(value: Uint8Array): Promise<number> {
  if (raft === undefined) throw new RpcError('NODE_NOT_READY', 'the voter has not started')
  const outcome = await raft.submit(value)
  if (outcome.status !== 'committed') throw new RpcError('NOT_COMMITTED', outcome.error.message)
  return outcome.baseOffset
}

async function stop(): Promise<void> {
  await raft?.close()
  await server.close()
  await quorum.close()
  await log.close()
  process.disconnect()
}
