import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { rpcConformance, transportConformance } from '@quorate/transport/conformance'
import type { TransportUnderTest } from '@quorate/transport/conformance'
import t from 'tap'
import { tcp } from '../src/index.ts'

const maxFrameBytes = 1024 * 1024

/** A loopback port that was free a moment ago. */
async function freeAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return `127.0.0.1:${port}`
}

function create(): TransportUnderTest {
  return {
    transport: tcp({ maxFrameBytes }),
    generous: tcp({ maxFrameBytes: maxFrameBytes * 2 }),
    maxFrameBytes,
    address: freeAddress,
    teardown: () => undefined,
  }
}

t.test('TCP is a transport', async (t) => {
  const leftOut = transportConformance({
    test: (name, run) => t.test(name, run),
    create,
    supports: { ephemeralAddress: true, generous: true },
  })
  t.strictSame(leftOut, [], 'every scenario runs')
})

t.test('the RPC layer works over TCP', async (t) => {
  rpcConformance({ test: (name, run) => t.test(name, run), create })
})
