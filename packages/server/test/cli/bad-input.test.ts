import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { tcp } from '@quorate/transport-tcp'
import { formatDirectory } from '../../src/directory/format-directory.ts'
import { freePort } from '../free-port.ts'
import { quorate, start, type Outcome } from './quorate.ts'

const clusterId = 'bad-input'
const mebibyte = 1024 * 1024

interface Home {
  readonly config: string
  readonly data: string
  readonly address: string
}

interface ConfigOptions {
  readonly port: number
  readonly dataDirectory?: string
  readonly extra?: string
}

/** The config of a controller that is its own quorum. */
function configText({ port, dataDirectory = 'data', extra = '' }: ConfigOptions): string {
  return `nodeId: 1
roles: [controller]
clusterId: ${clusterId}
dataDirectory: ${dataDirectory}
listener: { host: 127.0.0.1, port: ${port} }
controllers: [{ id: 1, address: "127.0.0.1:${port}" }]
${extra}`
}

/** A config file, and its data directory, formatted or not. */
async function home(
  t: Test,
  options: { formatted?: boolean; port?: number; extra?: string } = {},
): Promise<Home> {
  const { extra = '', port = await freePort() } = options
  const directory = t.testdir({ 'node.yaml': configText({ port, extra }) })
  const data = join(directory, 'data')
  if (options.formatted) await formatDirectory({ directory: data, clusterId, nodeId: 1 })
  return { config: join(directory, 'node.yaml'), data, address: `127.0.0.1:${port}` }
}

/** Every file below `directory` with its content, so that a change of any byte shows. */
async function contents(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const pairs = await Promise.all(files.map(async (file) => [file, await readFile(file, 'base64')] as const))
  return Object.fromEntries(pairs)
}

function failsWith(t: Test, { code, stderr }: Outcome, errorCode: string, what: RegExp): void {
  t.equal(code, errorCode === 'USAGE' ? 2 : 1, 'exit code')
  t.match(
    stderr,
    new RegExp(`^error ${errorCode}: [^\\n]+[.?] [^\\n]+\\.\\n$`),
    'one line: what, and what to do',
  )
  t.match(stderr, what)
}

t.test('start refuses a directory that is not formatted, and makes nothing', async (t) => {
  const { config, data } = await home(t)
  failsWith(t, await quorate(['start', '--config', config]), 'DIRECTORY_NOT_FORMATTED', /does not exist/)
  await t.rejects(stat(data), { code: 'ENOENT' })
})

t.test('start refuses a directory of another cluster and changes nothing', async (t) => {
  const { config, data } = await home(t)
  await formatDirectory({ directory: data, clusterId: 'other', nodeId: 1 })
  const before = await contents(data)
  failsWith(t, await quorate(['start', '--config', config]), 'DIRECTORY_FOREIGN', /of the cluster other/)
  t.strictSame(await contents(data), before)
})

t.test('start refuses a half-formatted directory and changes nothing', async (t) => {
  const { config, data } = await home(t, { formatted: true })
  await rm(join(data, 'node.json'))
  const before = await contents(data)
  failsWith(t, await quorate(['start', '--config', config]), 'DIRECTORY_HALF_FORMATTED', /no node\.json/)
  t.strictSame(await contents(data), before)
})

t.test('start refuses a port in use before it touches the log', async (t) => {
  const occupied = createServer()
  await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve))
  t.teardown(() => occupied.close())
  const { port } = occupied.address() as AddressInfo
  const { config, data } = await home(t, { formatted: true, port })
  const before = await contents(join(data, 'log'))
  failsWith(
    t,
    await quorate(['start', '--config', config]),
    'TRANSPORT_ADDRESS_IN_USE',
    new RegExp(String(port)),
  )
  t.strictSame(await contents(join(data, 'log')), before)
})

t.test('start refuses an unknown key and names the nearest', async (t) => {
  const { config } = await home(t, { extra: 'electionTimeout: 5\n' })
  failsWith(
    t,
    await quorate(['start', '--config', config]),
    'CONFIG_INVALID',
    /node\.yaml:7: unknown key "electionTimeout"; did you mean "electionTimeoutMs"\?/,
  )
})

t.test(
  'a second process on the same directory is refused; the first runs on and stops on SIGTERM',
  async (t) => {
    const { config, data } = await home(t, { formatted: true })
    const first = start(['start', '--config', config])
    t.teardown(() => first.kill())
    await first.printed('"msg":"ready"')
    const second = await quorate(['start', '--config', config])
    failsWith(t, second, 'DIRECTORY_IN_USE', new RegExp(`pid ${first.child.pid}`))
    const format = await quorate(['format', '--config', config])
    failsWith(t, format, 'DIRECTORY_ALREADY_FORMATTED', /already formatted/)
    first.child.kill('SIGTERM')
    t.equal((await first.outcome).code, 0)

    const third = start(['start', '--config', config])
    t.teardown(() => third.kill())
    await third.printed('"msg":"ready"')
    third.child.kill('SIGKILL')
    await third.outcome
    const fourth = start(['start', '--config', config])
    t.teardown(() => fourth.kill())
    await fourth.printed('"msg":"ready"')
    t.pass('a process that was killed holds nothing')
    fourth.child.kill('SIGINT')
    t.equal((await fourth.outcome).code, 0)
    t.strictSame((await readdir(data)).toSorted(), ['guard', 'log', 'node.json'])
  },
)

t.test('start and format refuse a directory they may not write to', async (t) => {
  // Root may write anywhere, so the program runs as somebody who may not, if this test runs as root.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {}
  const directory = await mkdtemp(join(tmpdir(), 'quorate-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const config = join(directory, 'node.yaml')
  const data = join(directory, 'data')
  await writeFile(config, configText({ port: await freePort() }))
  await formatDirectory({ directory: data, clusterId, nodeId: 1 })
  await chmod(directory, 0o755)
  await chmod(data, 0o555)
  const before = await contents(data)
  failsWith(t, await quorate(['start', '--config', config], nobody), 'DIRECTORY_NOT_WRITABLE', /EACCES/)
  t.strictSame(await contents(data), before)

  const elsewhere = join(directory, 'elsewhere.yaml')
  await writeFile(elsewhere, configText({ port: await freePort(), dataDirectory: 'new' }))
  await chmod(directory, 0o555)
  failsWith(t, await quorate(['format', '--config', elsewhere], nobody), 'DIRECTORY_NOT_WRITABLE', /EACCES/)
  await chmod(directory, 0o755)
  await t.rejects(stat(join(directory, 'new')), { code: 'ENOENT' })
})

t.test('a frame over the limit ends its connection and no other; the log says why', async (t) => {
  const { config, address } = await home(t, { formatted: true })
  const node = start(['start', '--config', config])
  t.teardown(() => node.kill())
  await node.printed('"msg":"ready"')
  const careless = tcp({ maxFrameBytes: 32 * mebibyte, maxWriteQueueBytes: 64 * mebibyte })
  await using connection = await careless.connect(address)
  await t.rejects(connection.request(new Uint8Array(17 * mebibyte)), { code: 'TRANSPORT_DISCONNECTED' })
  await node.printed('TRANSPORT_FRAME_TOO_LARGE')
  t.equal((await quorate(['describe', '--bootstrap', address])).code, 0, 'the node runs on')
})

t.test('wrong usage is one line too, and ends with 2', async (t) => {
  failsWith(t, await quorate(['start']), 'USAGE', /--config/)
  failsWith(t, await quorate(['begin']), 'USAGE', /unknown command 'begin'/)
  failsWith(t, await quorate([]), 'USAGE', /a command is missing/)
  failsWith(t, await quorate(['describe', 'weather', '--bootstrap', 'a:1']), 'USAGE', /weather/)
  failsWith(t, await quorate(['describe', '--bootstrap', 'nonsense']), 'BOOTSTRAP_INVALID', /nonsense/)
})

t.test('format needs to know the cluster, and the same one everywhere', async (t) => {
  const { config } = await home(t)
  failsWith(
    t,
    await quorate(['format', '--config', config, '--cluster-id', 'other']),
    'CLUSTER_ID_INVALID',
    /"other".*"bad-input"/,
  )
})

t.test('a cluster nobody answers for is named with every address that was tried', async (t) => {
  const port = await freePort()
  const outcome = await quorate(['describe', '--bootstrap', `127.0.0.1:${port}`])
  failsWith(t, outcome, 'BOOTSTRAP_UNREACHABLE', new RegExp(`127\\.0\\.0\\.1:${port}`))
})
