import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLog } from '@quorate/log'
import t, { type Test } from 'tap'
import { runProgram } from '../../src/cli/program.ts'
import { formatDirectory } from '../../src/directory/format-directory.ts'
import { readIdentity } from '../../src/directory/identity.ts'
import { layoutOf } from '../../src/directory/layout.ts'
import type { Outcome } from './quorate.ts'

/** Runs the program in this process. */
async function run(...args: string[]): Promise<Outcome> {
  const output = { stdout: '', stderr: '' }
  const terminal = {
    print: (line: string) => void (output.stdout += `${line}\n`),
    announce: () => undefined,
    interactive: false,
    signal: new AbortController().signal,
  }
  const fail = (line: string): void => void (output.stderr += `${line}\n`)
  return { code: await runProgram(args, terminal, fail), ...output }
}

/** The config file of one of three controllers. */
async function configFile(t: Test): Promise<{ readonly config: string; readonly directory: string }> {
  const root = t.testdir()
  const directory = join(root, 'data')
  const config = join(root, 'node.yaml')
  const lines = [
    'nodeId: 1',
    'clusterId: c',
    'roles: [controller]',
    'listener: { host: 127.0.0.1, port: 19001 }',
    `dataDirectory: ${JSON.stringify(directory)}`,
    'controllers:',
    ...[1, 2, 3].map((id) => `  - { id: ${id}, address: "127.0.0.1:1900${id}" }`),
  ]
  await writeFile(config, lines.join('\n'))
  return { config, directory }
}

t.test(
  'recover wants both flags, then makes the node the only voter and leaves a trace in the log',
  async (t) => {
    const { config, directory } = await configFile(t)
    const { directoryId } = await formatDirectory({ directory, clusterId: 'c', nodeId: 1 })
    {
      await using log = await openLog({ path: layoutOf(directory).log })
      await log.append([{ payload: Buffer.from('x'), epoch: 3, timestampMs: 0 }])
    }
    const recover = ['recover', '--config', config, '--reason', 'two disks died']
    const refused = await run(...recover, '--as-single-voter')
    t.equal(refused.code, 1)
    t.match(refused.stderr, 'RECOVERY_NOT_CONFIRMED')

    const done = await run(...recover, '--as-single-voter', '--accept-data-loss')
    t.equal(done.stderr, '')
    t.match(done.stdout, 'node 1 is the only voter now, from offset 1 on')
    t.match(done.stdout, 'before: voters 1, 2, 3, epoch 3; now epoch 1000003')
    t.match(done.stdout, 'lost: whatever')

    const dumped = await run('log', 'dump', '--directory', directory, '--from', '1', '--json')
    t.match(JSON.parse(dumped.stdout), {
      record: { type: 6, voters: [{ id: 1, directoryId }], recovery: { reason: 'two disks died' } },
    })
  },
)

t.test('a directory that is formatted to join says so for good', async (t) => {
  const { config, directory } = await configFile(t)
  t.equal((await run('format', '--config', config, '--join')).code, 0)
  t.match(await readIdentity(directory), { nodeId: 1, joins: true })
})
