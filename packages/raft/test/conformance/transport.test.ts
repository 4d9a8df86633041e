import { rpcClient, serveRpc, systemClock, systemRandom, type Transport } from '@quorate/transport'
import { memoryNetwork } from '@quorate/transport-memory'
import { tcp } from '@quorate/transport-tcp'
import t from 'tap'
import { raftTransportConformance, type RaftTransportUnderTest } from '../../src/conformance/index.ts'
import { DeliveryError, type RaftTransport } from '../../src/index.ts'
import { rpcTransport } from '../../src/rpc/index.ts'

/** `rpcTransport` of nodes 1 and 2 on `transport`. Node 3 has an address at which nobody listens. */
async function overRpc(
  transport: Transport,
  address: (id: number) => string,
): Promise<RaftTransportUnderTest> {
  const peers = new Map([1, 2, 3].map((id) => [id, address(id)]))
  const open = async (id: number) => {
    const raft = rpcTransport({
      peers,
      connect: (to) => rpcClient({ transport, address: to, clock: systemClock, random: systemRandom }),
    })
    const server = await serveRpc({ transport, address: address(id), handlers: [...raft.handlers] })
    peers.set(id, server.address)
    return { raft, server }
  }
  const first = await open(1)
  const second = await open(2)
  return {
    first: first.raft,
    second: second.raft,
    stranger: 3,
    stopSecond: () => second.server.close(),
    teardown: async () => {
      for (const { raft, server } of [first, second]) {
        await raft.close()
        await server.close()
      }
    },
  }
}

t.test('rpcTransport over TCP is a transport', async (t) => {
  const transport = tcp()
  const leftOut = raftTransportConformance({
    test: (name, run) => t.test(name, run),
    create: () => overRpc(transport, (id) => (id === 3 ? '127.0.0.1:1' : '127.0.0.1:0')),
    supports: { refusal: true },
  })
  t.same(leftOut, [])
})

t.test('rpcTransport over memory is a transport', async (t) => {
  raftTransportConformance({
    test: (name, run) => t.test(name, run),
    create: () => overRpc(memoryNetwork().transport(), (id) => `node-${id}`),
    supports: { refusal: true },
  })
})

/** Two nodes that call each other, with a choice of what is wrong. */
function direct(wrong: Partial<RaftTransport> & { readonly throws?: Error } = {}): RaftTransportUnderTest {
  const handlers = new Map<number, Parameters<RaftTransport['serve']>[0]>()
  const open = (id: number): RaftTransport => ({
    request: (to, request, { timeoutMs }) =>
      new Promise((resolve, reject) => {
        const handler = handlers.get(to)
        const error = wrong.throws ?? new DeliveryError('unreachable', 'nobody is there')
        if (handler === undefined) return reject(error)
        systemClock.setTimer(timeoutMs, () => reject(new DeliveryError('timeout', 'no answer')))
        handler(request).then(resolve, reject)
      }),
    serve: (handler) => {
      handlers.set(id, handler)
      return () => {
        if (handlers.get(id) === handler) handlers.delete(id)
      }
    },
    ...wrong,
  })
  return { first: open(1), second: open(2), stranger: 3, teardown: () => undefined }
}

/** Names of the scenarios that fail. */
async function failing(create: () => RaftTransportUnderTest): Promise<string[]> {
  const tests: { name: string; run: () => Promise<void> }[] = []
  raftTransportConformance({ test: (name, run) => tests.push({ name, run }), create })
  const failed: string[] = []
  for (const { name, run } of tests) await run().catch(() => failed.push(name))
  return failed
}

t.test('transports that are none are found out', async (t) => {
  t.same(await failing(() => direct()), [])
  t.match(await failing(() => direct({ throws: new TypeError('no') })), [
    'nobody answers before a handler serves, nor after it was taken away',
    'a request to a node that cannot be reached fails, and throws nothing but a DeliveryError',
  ])
  const altered = await failing(() => {
    const good = direct()
    const first: RaftTransport = {
      ...good.first,
      request: async (to, message, options) => ({
        ...(await good.first.request(to, message, options)),
        epoch: 1,
      }),
    }
    return { ...good, first }
  })
  t.ok(altered.includes('a vote request arrives as it was sent, and so does its answer'))
})
