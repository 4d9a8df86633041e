import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { KeyValueClient } from '../client.ts'

/** A node that answers the calls it gets with `answers`, in order: the last of them also later, none if there is none. */
async function node(t: Test, answers: readonly number[]) {
  let calls = 0
  const server = createServer((_request, response) => {
    const status = answers[Math.min(calls, answers.length - 1)]
    calls += 1
    if (status !== undefined) response.writeHead(status, { etag: '"7"' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls }
}

t.test('a node that fell silent is not asked again while others answer', async (t) => {
  const silent = await node(t, [])
  const [first, second] = [await node(t, [503, 200]), await node(t, [503])]
  const addresses = [silent, first, second].map(({ address }) => address)
  const client = new KeyValueClient({ addresses, attemptTimeoutMs: 100 })
  t.teardown(() => client.close())
  t.match(await client.put('colour', 'red'), { is: 'unknown' })
  t.match(await client.put('colour', 'blue'), { is: 'done', revision: 7 })
  t.equal(silent.calls(), 1)
  t.equal(second.calls(), 1)
})
