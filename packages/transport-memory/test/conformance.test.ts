import { rpcConformance, transportConformance } from '@quorate/transport/conformance'
import type { TransportUnderTest } from '@quorate/transport/conformance'
import t from 'tap'
import { memoryNetwork } from '../src/index.ts'
import type { MemoryNetworkOptions } from '../src/index.ts'

const maxFrameBytes = 1024 * 1024

function create(options: MemoryNetworkOptions): TransportUnderTest {
  let addresses = 0
  return {
    transport: memoryNetwork({ maxFrameBytes, ...options }).transport(),
    maxFrameBytes,
    address: () => `address-${++addresses}`,
    teardown: () => undefined,
  }
}

const networks: Readonly<Record<string, MemoryNetworkOptions>> = {
  'a network without latency': {},
  'a network with latency that lets frames overtake': { latencyMs: { minMs: 0.1, meanMs: 0.5 } },
}

for (const [name, options] of Object.entries(networks)) {
  t.test(`${name} is a transport`, async (t) => {
    const leftOut = transportConformance({
      test: (name, run) => t.test(name, run),
      create: () => create(options),
      supports: { ephemeralAddress: true },
    })
    t.equal(leftOut.length, 1, 'all but the scenario with two frame limits run')
  })

  t.test(`the RPC layer works over ${name}`, async (t) => {
    rpcConformance({ test: (name, run) => t.test(name, run), create: () => create(options) })
  })
}
