import t from 'tap'
import { serveRpc, rpcClient, defineApi, handle, systemClock, systemRandom } from '@quorate/transport'
import { memoryNetwork } from '@quorate/transport-memory'
import { z } from 'zod'
import { reserveAddress } from '../../src/node/reserve-address.ts'

const echo = defineApi({
  key: 2000,
  name: 'Echo',
  versions: [{ request: z.object({ text: z.string() }), response: z.object({ text: z.string() }) }],
})

t.test('a request that comes before there is anything to answer with is answered later', async (t) => {
  const network = memoryNetwork()
  const reserved = await reserveAddress(network.transport('server'), 'server')
  const client = rpcClient({
    transport: network.transport('client'),
    address: reserved.address,
    clock: systemClock,
    random: systemRandom,
  })
  t.teardown(() => client.close())
  const early = client.request(echo, { text: 'early' })
  await serveRpc({
    transport: reserved.transport,
    address: 'server',
    handlers: [handle(echo, (request) => request)],
  })
  t.strictSame(await early, { text: 'early' })
  await reserved.close()
  await t.rejects(client.request(echo, { text: 'late' }))
})

t.test('an address in use cannot be reserved, and closing frees it', async (t) => {
  const network = memoryNetwork()
  const first = await reserveAddress(network.transport('server'), 'server')
  await t.rejects(reserveAddress(network.transport('server'), 'server'), { code: 'TRANSPORT_ADDRESS_IN_USE' })
  await first.close()
  const second = await reserveAddress(network.transport('server'), 'server')
  await second.close()
})

t.test('closing before anything was there to answer ends the requests that wait', async (t) => {
  const network = memoryNetwork()
  const reserved = await reserveAddress(network.transport('server'), 'server')
  const client = rpcClient({
    transport: network.transport('client'),
    address: reserved.address,
    clock: systemClock,
    random: systemRandom,
  })
  t.teardown(() => client.close())
  const early = client.request(echo, { text: 'early' })
  await reserved.close()
  await t.rejects(early)
})
