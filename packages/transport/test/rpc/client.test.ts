import t from 'tap'
import { z } from 'zod'
import { TransportError, type TransportErrorCode } from '../../src/errors.ts'
import { defineApi } from '../../src/rpc/api.ts'
import { rpcClient } from '../../src/rpc/client.ts'
import { manualClock } from '../../src/testing/index.ts'
import type { Transport } from '../../src/transport.ts'

const api = defineApi({
  key: 1_000,
  name: 'greet',
  versions: [{ request: z.object({}), response: z.object({}) }],
})

/** A client of a peer that meets each attempt to connect with the next of `codes`, and further ones with the last. */
function clientThatMeets(...codes: readonly TransportErrorCode[]) {
  let connects = 0
  const transport: Transport = {
    listen: () => Promise.reject(new Error('nobody listens here')),
    connect: () => {
      const code = codes[Math.min(connects, codes.length - 1)]!
      connects += 1
      return Promise.reject(new TransportError(code, 'no connection'))
    },
  }
  const clock = manualClock()
  const client = rpcClient({ transport, address: 'there', clock, random: () => 0.5 })
  return { client, connects: () => connects }
}

t.test('a peer that hung up is tried again at once, so that a refusal is known as one', async (t) => {
  const { client, connects } = clientThatMeets('TRANSPORT_UNREACHABLE', 'TRANSPORT_REFUSED')
  await t.rejects(client.request(api, {}), { code: 'TRANSPORT_REFUSED' })
  t.equal(connects(), 2)
  await t.rejects(client.request(api, {}), { code: 'TRANSPORT_REFUSED' })
  t.equal(connects(), 2, 'now it backs off, with what was found out')
})

t.test('a peer that hangs up on everybody is not tried in a loop', async (t) => {
  const { client, connects } = clientThatMeets('TRANSPORT_UNREACHABLE')
  await t.rejects(client.request(api, {}), { code: 'TRANSPORT_UNREACHABLE' })
  await t.rejects(client.request(api, {}), { code: 'TRANSPORT_UNREACHABLE' })
  t.equal(connects(), 2)
})

t.test('a refusal is not tried again', async (t) => {
  const { client, connects } = clientThatMeets('TRANSPORT_REFUSED')
  await t.rejects(client.request(api, {}), { code: 'TRANSPORT_REFUSED' })
  t.equal(connects(), 1)
})
