import { execFile, spawn } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'

const demonstration = fileURLToPath(new URL('../index.ts', import.meta.url))

/** Runs the demonstration with temporary files of its own. tap's modules stay out of it and of the nodes it starts. */
function demonstrate(t: Test, temporary: string, ...args: readonly string[]) {
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, demonstration, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
  })
  t.teardown(() => child.kill('SIGTERM'))
  const output = { text: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.text += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.text += text))
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve))
  const told = (what: string): Promise<void> =>
    new Promise((resolve) => {
      child.stdout.on('data', () => {
        if (output.text.includes(what)) resolve()
      })
    })
  return { child, output, exitCode, told }
}

function pidsIn(text: string): readonly number[] {
  return [...text.matchAll(/\(pid (\d+),/g)].map(([, pid]) => Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

t.test('the whole story holds, and --keep leaves a cluster that answers', async (t) => {
  const { output, exitCode } = demonstrate(t, t.testdir(), '--keep')
  t.equal(await exitCode, 0, output.text)
  const { text } = output
  t.match(text, /controller \d was elected and is active/)
  t.match(text, /75 topics: 732 partitions, 2196 replicas/)
  t.match(text, /SIGKILL to controller (\d)/)
  t.match(text, /committed the next write \d+ ms after the kill/)
  t.match(text, /broker \d is fenced: [1-9]\d* leaders moved, 732 in-sync sets shrank/)
  t.match(text, /all 732 in-sync sets are full again/)
  t.match(text, /0 partitions without a leader at any of \d+ changes/)
  t.equal(new Set([...text.matchAll(/sha256 ([0-9a-f]{64})/g)].map(([, hash]) => hash)).size, 1)
  t.equal([...text.matchAll(/sha256 /g)].length, 6)
  t.match(text, /Everything held\./)

  const instructions = text.slice(text.indexOf('The cluster still runs'))
  const commands = instructions.split('\n').filter((line) => line.startsWith('  '))
  const end = commands.findLast((line) => line.includes('kill -9')) ?? ''
  t.teardown(() => promisify(execFile)('sh', ['-c', end]).catch(() => undefined))
  const define = commands.slice(0, 2).join('\n')
  const shown = await promisify(execFile)('sh', ['-c', `${define}\nquorate describe --bootstrap $BOOTSTRAP`])
  t.match(shown.stdout, /brokers +3 of 3 unfenced/)
  t.match(shown.stdout, /under-replicated +0/)
  await promisify(execFile)('sh', ['-c', end])
})

t.test('Ctrl-C ends the demonstration and all six processes', async (t) => {
  const temporary = t.testdir()
  const { child, output, exitCode, told } = demonstrate(t, temporary)
  await told('2. Create the topics')
  const pids = pidsIn(output.text)
  t.equal(pids.length, 6)
  child.kill('SIGINT')
  t.equal(await exitCode, 1)
  t.match(output.text, /Failed: SIGINT received/)
  t.strictSame(pids.filter(isAlive), [])
  t.strictSame(await readdir(temporary), [])
})

t.test(
  'a topic the cluster refuses fails the demonstration, which says so and ends all processes',
  async (t) => {
    const temporary = t.testdir({ 'topics.yaml': '' })
    const topics = join(temporary, 'topics.yaml')
    await writeFile(
      topics,
      'apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: "bad name" }\nspec: {}\n',
    )
    const { output, exitCode } = demonstrate(t, temporary, '--topics', topics)
    t.equal(await exitCode, 1)
    t.match(output.text, /Failed: the topic bad name was refused: INVALID_TOPIC_EXCEPTION/)
    t.strictSame(pidsIn(output.text).filter(isAlive), [])
  },
)

t.test('wrong options and files end it before anything is started', async (t) => {
  const temporary = t.testdir()
  const wrong = demonstrate(t, temporary, '--rounds', 'many')
  t.equal(await wrong.exitCode, 2)
  t.match(wrong.output.text, /^error USAGE: --rounds takes a number from 1 on, not "many"\./)
  const missing = demonstrate(t, temporary, '--', '--topics', '/nowhere.yaml')
  t.equal(await missing.exitCode, 1)
  t.match(missing.output.text, /\/nowhere\.yaml cannot be read/)
  t.strictSame(await readdir(temporary), [])
})
