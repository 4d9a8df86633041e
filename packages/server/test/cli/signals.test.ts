import { join } from 'node:path'
import t from 'tap'
import { formatDirectory } from '../../src/directory/format-directory.ts'
import { freePort } from '../free-port.ts'
import { quorate, start } from './quorate.ts'

t.test('the first signal stops a node in order, the second at once', async (t) => {
  const port = await freePort()
  const directory = t.testdir({
    'node.yaml': `nodeId: 1
roles: [controller, broker]
dataDirectory: data
listener: { host: 127.0.0.1, port: ${port} }
controllers: [{ id: 1, address: "127.0.0.1:${port}" }]
electionTimeoutMs: 50
controlledShutdownTimeoutMs: 600000
`,
  })
  await formatDirectory({ directory: join(directory, 'data'), clusterId: 'signals', nodeId: 1 })
  const node = start(['start', '--config', join(directory, 'node.yaml')])
  t.teardown(() => node.kill())
  await node.printed('"msg":"ready"')
  const bootstrap = ['--bootstrap', `127.0.0.1:${port}`]
  const created = await quorate(['topics', 'create', 'orders', '--replication-factor', '1', ...bootstrap])
  t.equal(created.code, 0, created.stderr)

  // Nobody else can lead the partition, so the orderly stop waits for as long as it may.
  node.child.kill('SIGTERM')
  await node.printed('"msg":"stopping"')
  node.child.kill('SIGTERM')
  t.equal((await node.outcome).code, 128 + 15)
})
