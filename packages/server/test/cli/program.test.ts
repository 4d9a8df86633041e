import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runProgram } from '../../src/cli/program.ts'
import type { ReadyMessage } from '../../src/cli/terminal.ts'
import { freePort } from '../free-port.ts'

/** What one run of the program wrote, as it writes it. */
interface Output {
  readonly lines: string[]
  readonly failures: string[]
}

interface Invocation extends Output {
  readonly messages: readonly ReadyMessage[]
  readonly exitCode: Promise<number>
  /** Resolves with the first line that has `text` in it. */
  line(text: string): Promise<string>
  readonly stop: () => void
}

function invoke(...argv: readonly string[]): Invocation {
  const stop = new AbortController()
  const output: Output = { lines: [], failures: [] }
  const messages: ReadyMessage[] = []
  const waiting = new Set<() => void>()
  const terminal = {
    print: (line: string) => {
      output.lines.push(line)
      for (const look of waiting) look()
    },
    announce: (message: ReadyMessage) => messages.push(message),
    interactive: false,
    signal: stop.signal,
  }
  return {
    ...output,
    messages,
    exitCode: runProgram(argv, terminal, (line) => output.failures.push(line)),
    line: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = output.lines.find((line) => line.includes(text))
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    stop: () => stop.abort(new Error('stopped by the test')),
  }
}

async function succeeds(t: Test, ...argv: readonly string[]): Promise<readonly string[]> {
  const { exitCode, failures, lines } = invoke(...argv)
  t.equal(await exitCode, 0, argv.join(' '))
  t.strictSame(failures, [])
  return lines
}

async function fails(t: Test, what: RegExp, ...argv: readonly string[]): Promise<readonly string[]> {
  const { exitCode, failures, lines } = invoke(...argv)
  t.equal(await exitCode, failures[0]?.startsWith('error USAGE: ') ? 2 : 1, argv.join(' '))
  t.equal(failures.length, 1)
  t.match(failures[0], what)
  return lines
}

t.test('help and version go to standard output and end with 0', async (t) => {
  t.match((await succeeds(t, '--help')).join('\n'), /Usage: quorate/)
  t.match((await succeeds(t, '--version')).join(''), /^\d+\.\d+\.\d+$/)
  t.match((await succeeds(t, 'random-uuid')).join(''), /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
})

t.test('one node is a whole cluster, and the program talks to it', async (t) => {
  const port = await freePort()
  const directory = t.testdir({
    'node.yaml': `nodeId: 1
roles: [controller, broker]
dataDirectory: data
logLevel: silent
listener: { host: 127.0.0.1, port: ${port} }
controllers: [{ id: 1, address: "127.0.0.1:${port}" }]
electionTimeoutMs: 50
heartbeatIntervalMs: 50
`,
  })
  const config = join(directory, 'node.yaml')
  const bootstrap = ['--bootstrap', `127.0.0.1:1,127.0.0.1:${port}`]

  await fails(t, /^error CLUSTER_ID_MISSING: /, 'format', '--config', config)
  const formatted = await succeeds(t, 'format', '--config', config, '--cluster-id', 'one-node')
  t.match(formatted, [/^formatted .*data \(node 1, cluster one-node, directory /])
  const again = await succeeds(
    t,
    'format',
    '--config',
    config,
    '--cluster-id',
    'one-node',
    '--ignore-formatted',
  )
  t.match(again, [/^left as it is: /])

  const node = invoke('start', '--config', config)
  t.teardown(node.stop)
  const watch = await watchOnceUp(t, bootstrap)

  t.test('topics are created, described and deleted', async (t) => {
    const shape = ['--partitions', '2', '--replication-factor', '1']
    const configs = ['--config', 'retention.ms=1000', '--config', 'cleanup.policy=compact,delete']
    const created = await succeeds(t, 'topics', 'create', 'orders', ...shape, ...configs, ...bootstrap)
    t.strictSame(created, ['created orders (partitions 2, replication factor 1)'])
    t.match(await watch.line('TopicRecord'), /orders/)
    t.match(await watch.line('orders-1'), /PartitionRecord +orders-1 leader 1 replicas \[1\] in sync \[1\]/)

    await fails(
      t,
      /^error TOPIC_ALREADY_EXISTS: the topic "orders"/,
      'topics',
      'create',
      'orders',
      ...bootstrap,
    )
    await fails(t, /^error INVALID_TOPIC_EXCEPTION: the topic "a b"/, 'topics', 'create', 'a b', ...bootstrap)
    const wide = ['wide', '--replication-factor', '2', ...bootstrap]
    await fails(t, /^error INVALID_REPLICATION_FACTOR: .*Ask for fewer replicas/, 'topics', 'create', ...wide)
    const odd = ['odd', '--replication-factor', '1', '--config', 'retention=1', ...bootstrap]
    await fails(t, /^error INVALID_CONFIG: /, 'topics', 'create', ...odd)

    const topics = await succeeds(t, 'describe', 'topics', ...bootstrap)
    t.match(topics[0], /^orders +2 +1 +0 +0 +cleanup\.policy=compact,delete retention\.ms=1000$/m)
    const partitions = await succeeds(t, 'describe', 'partitions', 'orders', '--json', ...bootstrap)
    t.match(JSON.parse(partitions.join('')), [
      { topic: 'orders', partitionId: 0, leader: 1, replicas: [1], isr: [1] },
      { topic: 'orders', partitionId: 1, leader: 1, replicas: [1], isr: [1] },
    ])
    await fails(t, /^error UNKNOWN_TOPIC_OR_PARTITION: .*"none"/, 'describe', 'topics', 'none', ...bootstrap)

    t.strictSame(await succeeds(t, 'topics', 'delete', 'orders', ...bootstrap), ['deleted orders'])
    t.match(await watch.line('RemoveTopic'), /orders/)
    await fails(t, /^error UNKNOWN_TOPIC_OR_PARTITION: /, 'topics', 'delete', 'orders', ...bootstrap)
  })

  t.test('a file of topics is applied once, and again without effect', async (t) => {
    const file = join(directory, 'topics.yaml')
    const resource = (name: string, partitions: number, replicas = 1): string =>
      `---\napiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: ${name} }\n` +
      `spec: { partitions: ${partitions}, replicas: ${replicas}, config: { retention.ms: 5 } }\n`
    await writeFile(file, resource('a', 1) + resource('b', 2))
    const apply = ['topics', 'apply', file, ...bootstrap]
    t.strictSame(await succeeds(t, ...apply), [
      'created    a',
      'created    b',
      '2 created, 0 unchanged, 0 different',
    ])
    t.match((await succeeds(t, ...apply)).at(-1), /^0 created, 2 unchanged, 0 different$/)

    await writeFile(file, resource('a', 3) + resource('c', 1))
    const lines = await fails(t, /^error TOPICS_DIFFER: 1 of 2 topics/, ...apply)
    t.strictSame(lines, [
      'created    c',
      'different  a  partitions: 1, wanted 3',
      '1 created, 0 unchanged, 1 different',
    ])

    await writeFile(file, resource('d', 1) + resource('e', 1, 9) + resource('f', 1, 9))
    await fails(
      t,
      /^error INVALID_REPLICATION_FACTOR: the topic "e" was not created: .*\(and 1 other topic was refused\)/,
      ...apply,
    )
    const names = JSON.parse((await succeeds(t, 'describe', 'topics', '--json', ...bootstrap)).join('')) as {
      name: string
    }[]
    t.strictSame(
      names.map(({ name }) => name),
      ['a', 'b', 'c'],
      'one bad topic, and none of the file is created',
    )
    const late = invoke('watch', ...bootstrap)
    await late.line('topics')
    t.match(late.lines[0], /brokers 1, topics 3, partitions 4$/, 'watch begins with what there is')
    late.stop()
    t.equal(await late.exitCode, 0)
  })

  t.test('the cluster is described as tables and as JSON', async (t) => {
    const [cluster] = await succeeds(t, 'describe', ...bootstrap)
    t.match(cluster, /^cluster +one-node$/m)
    t.match(cluster, /^active controller +1$/m)
    t.match(cluster, /^brokers +1 of 1 unfenced$/m)
    t.match(cluster, /^leaderless +0$/m)
    const [quorum] = await succeeds(t, 'describe', 'quorum', ...bootstrap)
    t.match(quorum, /^epoch \d+, leader 1, high watermark \d+, voters 1$/m)
    t.match(quorum, /^ +1 +leader +\d+ +0$/m)
    const [brokers] = await succeeds(t, 'describe', 'brokers', ...bootstrap)
    t.match(brokers, new RegExp(`^ +1 +unfenced +127\\.0\\.0\\.1:${port} +\\d+ +\\d+ +\\d+ +\\d+$`, 'm'))
    const json = JSON.parse(
      (await succeeds(t, 'describe', 'cluster', '--json', ...bootstrap)).join(''),
    ) as object
    t.match(json, {
      clusterId: 'one-node',
      brokers: [{ brokerId: 1, state: 'unfenced' }],
      quorum: { leaderId: 1 },
    })
    await fails(
      t,
      /^error USAGE: describe brokers takes no names/,
      'describe',
      'brokers',
      'orders',
      ...bootstrap,
    )
  })

  t.test('watch and start end with 0 when they are asked to', async (t) => {
    watch.stop()
    t.equal(await watch.exitCode, 0)
    node.stop()
    t.equal(await node.exitCode, 0)
    t.strictSame(node.messages, [{ type: 'ready', nodeId: 1, address: `127.0.0.1:${port}` }])
  })
})

/** Watches the cluster from the moment its broker is unfenced. */
async function watchOnceUp(t: Test, bootstrap: readonly string[]): Promise<Invocation> {
  for (;;) {
    const watch = invoke('watch', ...bootstrap)
    t.teardown(watch.stop)
    const up = await Promise.race([watch.line('broker 1 unfenced'), watch.line('brokers 1'), watch.exitCode])
    if (typeof up === 'string') return watch
  }
}
