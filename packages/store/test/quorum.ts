import { openMemoryLog, type MemoryLog } from '@quorate/log/memory'
import { rpcTransport } from '@quorate/raft/rpc'
import { memoryNetwork } from '@quorate/transport-memory'
import { rpcClient, serveRpc, systemClock, systemRandom } from '@quorate/transport'
import { z } from 'zod'
import { defineStore, openStore, type RecordOf, type Store } from '../src/index.ts'

/** Bank accounts: enough of a store to see every rule. */
const accounts = defineStore({
  records: {
    Opened: { id: 1, versions: [z.looseObject({ account: z.string().min(1) })] },
    Moved: {
      id: 2,
      versions: [
        z.looseObject({ account: z.string().min(1), amount: z.int(), memo: z.string().default('') }),
      ],
    },
  },
  empty: (): ReadonlyMap<string, number> => new Map(),
  fold(balances, record) {
    const balance = balances.get(record.account)
    if (record.type === 'Opened') {
      if (balance !== undefined) throw new Error(`${record.account} is open already`)
      return new Map(balances).set(record.account, 0)
    }
    if (balance === undefined) throw new Error(`${record.account} is not open`)
    return new Map(balances).set(record.account, balance + record.amount)
  },
  *snapshot(balances) {
    for (const [account, amount] of balances) {
      yield { type: 'Opened', account }
      yield { type: 'Moved', account, amount, memo: '' }
    }
  },
})

export type Account = RecordOf<typeof accounts.records>
type AccountStore = Store<ReadonlyMap<string, number>, Account>

/** One node of the quorum below. */
export interface TestNode {
  readonly id: number
  readonly store: AccountStore
  readonly log: MemoryLog
  close(): Promise<void>
}

/** Voters and observers in this process, over RPC on a memory network, with real time and short timeouts. */
export async function openQuorum(
  voters: readonly number[],
  observers: readonly number[] = [],
  limits: { maxPendingWrites?: number; maxMergedRecords?: number; maxBatchRecords?: number } = {},
): Promise<TestNode[]> {
  const network = memoryNetwork()
  const peers = new Map(voters.map((id) => [id, `node-${id}`]))
  const open = async (id: number): Promise<TestNode> => {
    const transport = network.transport(`node-${id}`)
    const raftTransport = rpcTransport({
      peers,
      connect: (address) => rpcClient({ transport, address, clock: systemClock, random: systemRandom }),
    })
    const server = await serveRpc({ transport, address: `node-${id}`, handlers: [...raftTransport.handlers] })
    const log = await openMemoryLog()
    const identity = { id, directoryId: `d${id}`, clusterId: 'test', voters }
    const times = { electionTimeoutMs: 100, fetchTimeoutMs: 400, fetchMaxWaitMs: 100, electionJitterMs: 20 }
    const store = openStore(accounts, {
      raft: { ...identity, ...times, log, transport: raftTransport },
      ...limits,
    })
    const close = async (): Promise<void> => {
      await store.close()
      await server.close()
      await raftTransport.close()
      await log.close()
    }
    return { id, store, log, close }
  }
  return Promise.all([...voters, ...observers].map(open))
}

/** The node that leads, once one does. */
export async function leaderOf(nodes: readonly TestNode[]): Promise<TestNode> {
  const waits = nodes.map(async (node) => {
    for await (const { leading } of node.store.leaderships()) if (leading) return node
    throw new Error(`node ${node.id} closed`)
  })
  return Promise.any(waits)
}
