import { z } from 'zod'
import t from 'tap'
import { defineApi, handle, rpcClient, serveRpc, systemClock, systemRandom } from '../../src/index.ts'
import type { Api, RpcServer, Transport } from '../../src/index.ts'

const transport: Transport = {
  listen: () => Promise.reject(new Error('not used')),
  connect: () => Promise.reject(new Error('not used')),
}

function api(key: number, name: string): Api {
  return defineApi({ key, name, versions: [{ request: z.unknown(), response: z.unknown() }] })
}

function serve(...apis: Api[]): Promise<RpcServer> {
  return serveRpc({ transport, address: 'a', handlers: apis.map((api) => handle(api, () => null)) })
}

t.test('client options that are wrong are a TypeError that names them', async (t) => {
  const good = { transport, address: 'a', clock: systemClock, random: systemRandom }
  await rpcClient(good).close()
  for (const [wrong, name] of [
    [{ ...good, transport: {} }, 'transport'],
    [{ ...good, clock: undefined }, 'clock'],
    [{ ...good, minBackoffMs: 100, maxBackoffMs: 10 }, 'maxBackoffMs'],
    [{ ...good, conectTimeoutMs: 5 }, 'conectTimeoutMs'],
  ] as const) {
    t.throws(() => rpcClient(wrong as typeof good), { name: 'TypeError', message: new RegExp(name) })
  }
})

t.test('two APIs with one key, or one with the server’s own, are a TypeError that names both', async (t) => {
  await t.rejects(serve(api(5, 'one'), api(5, 'two')), { name: 'TypeError', message: /two and one.*5/ })
  await t.rejects(serve(api(18, 'mine')), { name: 'TypeError', message: /api-versions and mine.*18/ })
})
