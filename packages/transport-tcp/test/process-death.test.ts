import { fork } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { tcp } from '../src/index.ts'

t.test('a process that gets SIGKILL disconnects its callers and refuses the next ones at once', async (t) => {
  const server = fork(new URL('fixtures/silent-server.ts', import.meta.url), { execArgv: [] })
  t.teardown(() => server.kill('SIGKILL'))
  const [address] = (await once(server, 'message')) as [string]
  const connection = await tcp().connect(address)
  const request = t.rejects(connection.request(Uint8Array.of(1)), { code: 'TRANSPORT_DISCONNECTED' })
  await once(server, 'message')
  // The system closes what a process had open one after the other: a dying one may still accept.
  const gone = once(server, 'exit')
  server.kill('SIGKILL')
  await request
  await gone
  await t.rejects(tcp().connect(address), { code: 'TRANSPORT_REFUSED' })
  t.match(await connection.closed, { code: 'TRANSPORT_DISCONNECTED' })
})
