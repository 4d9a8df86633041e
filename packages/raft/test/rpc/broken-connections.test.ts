import { rpcClient, serveRpc, type Transport } from '@quorate/transport'
import { manualClock } from '@quorate/transport/testing'
import { tcp } from '@quorate/transport-tcp'
import t from 'tap'
import type { FetchRequest } from '../../src/messages.ts'
import { DeliveryError } from '../../src/ports.ts'
import { rpcTransport } from '../../src/rpc/index.ts'

/** In the first byte behind the array's head: the key of ApiVersions, which every connection begins with. */
const apiVersionsKey = 18

const fetch: FetchRequest = {
  type: 'fetch',
  clusterId: 'c',
  epoch: 1,
  replicaId: 2,
  replicaDirectoryId: 'd2',
  fetchOffset: 0,
  lastFetchedEpoch: 0,
  highWatermark: 0,
  maxWaitMs: 500,
  readRound: 0,
}

t.test(
  'a node whose connections break at every request is unreachable while nobody may connect to it',
  async (t) => {
    const overTcp = tcp()
    // Answers what it serves, and breaks the connection at everything else.
    const breaking: Transport = {
      ...overTcp,
      listen: (address, handler) =>
        overTcp.listen(address, (frame, context) =>
          frame[1] === apiVersionsKey
            ? handler(frame, context)
            : Promise.reject(new Error('breaks the connection')),
        ),
    }
    const quorum = rpcTransport({ peers: new Map(), connect: () => t.fail('nobody to connect to') as never })
    const server = await serveRpc({
      transport: breaking,
      address: '127.0.0.1:0',
      handlers: [...quorum.handlers],
    })
    const transport = rpcTransport({
      peers: new Map([[1, server.address]]),
      connect: (address) =>
        rpcClient({ transport: overTcp, address, clock: manualClock(), random: () => 0.5 }),
    })
    t.teardown(async () => {
      await transport.close()
      await server.close()
    })
    const failure = async (): Promise<unknown> => {
      const answered = transport.request(1, fetch, { timeoutMs: 1_000 })
      return answered.catch((error: unknown) => (error instanceof DeliveryError ? error.reason : error))
    }
    t.equal(await failure(), 'disconnected')
    t.equal(await failure(), 'disconnected', 'the first time it is tried again at once')
    t.equal(await failure(), 'unreachable', 'now it backs off, and nothing is sent')
    t.equal(await failure(), 'unreachable')
  },
)
