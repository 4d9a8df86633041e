import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BatchAttribute, createLog, openLog } from '@quorate/log'
import t, { type Test } from 'tap'
import { formatDirectory } from '../../src/directory/format-directory.ts'
import { runProgram } from '../../src/cli/program.ts'
import type { Outcome } from './quorate.ts'

/** A log of three batches: one of two records, one of control, one of one record. */
async function exampleLog(t: Test): Promise<string> {
  const path = join(t.testdir(), 'log')
  await createLog({ path })
  await using log = await openLog({ path })
  const control = Buffer.from('{"type":"no-op","version":0}')
  await log.append([
    { payload: Buffer.from('secret'), count: 2, epoch: 1, timestampMs: 0 },
    { payload: control, epoch: 2, attributes: BatchAttribute.control, timestampMs: 1000 },
  ])
  await log.append([{ payload: Buffer.from('x'), epoch: 2, timestampMs: 2000 }])
  return path
}

/** Runs `quorate log dump` in this process. */
async function dump(...args: string[]): Promise<Outcome> {
  const output = { stdout: '', stderr: '' }
  const terminal = {
    print: (line: string) => void (output.stdout += `${line}\n`),
    announce: () => undefined,
    interactive: false,
    signal: new AbortController().signal,
  }
  const fail = (line: string): void => void (output.stderr += `${line}\n`)
  return { code: await runProgram(['log', 'dump', '--directory', ...args], terminal, fail), ...output }
}

/** Every file below `directory` but guards, which hold the process id of whoever looked last. */
async function contents(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== 'guard')
    .map((entry) => join(entry.parentPath, entry.name))
  const pairs = await Promise.all(files.map(async (file) => [file, await readFile(file, 'base64')] as const))
  return Object.fromEntries(pairs)
}

t.test('dump prints a line a batch and what they come to, and changes nothing', async (t) => {
  const path = await exampleLog(t)
  const before = await contents(path)
  const { code, stdout, stderr } = await dump(path)
  t.equal(stderr, '')
  t.equal(code, 0)
  t.strictSame(stdout.split('\n'), [
    '      offset    count    epoch  time                          bytes  flags',
    '           0        2        1  1970-01-01T00:00:00.000Z          6',
    '           2        1        2  1970-01-01T00:00:01.000Z         28  control {"type":"no-op","version":0}',
    '           3        1        2  1970-01-01T00:00:02.000Z          1',
    '3 batches (1 of control), 4 records, 35 bytes of payload, offsets 0 to 4, epochs 1 to 2, every checksum right',
    '',
  ])
  t.strictSame(await contents(path), before)
})

t.test('--json prints a document a line, --from and --to choose a range', async (t) => {
  const path = await exampleLog(t)
  const { code, stdout } = await dump(path, '--json', '--from', '1', '--to', '3')
  t.equal(code, 0)
  const batches = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.match(batches, [
    { baseOffset: 0, count: 2, control: false, bytes: 6 },
    { baseOffset: 2, control: true, record: { type: 'no-op' } },
  ])
  t.equal(batches.length, 2)
})

t.test('--verify reads everything and prints only what it comes to', async (t) => {
  const path = await exampleLog(t)
  const { stdout } = await dump(path, '--verify')
  t.match(stdout, /^3 batches .* every checksum right\n$/)
  const json = await dump(path, '--verify', '--json')
  t.match(JSON.parse(json.stdout), { batches: 3, records: 4, bytes: 35, startOffset: 0, endOffset: 4 })
})

t.test('the data directory of a node stands for its metadata log', async (t) => {
  const directory = join(t.testdir(), 'node')
  await formatDirectory({ directory, clusterId: 'dump', nodeId: 1 })
  const { code, stdout } = await dump(directory, '--verify')
  t.equal(code, 0)
  t.equal(stdout, 'no batches from 0 on\n')
})

t.test('what cannot be dumped is one line with a code', async (t) => {
  const path = await exampleLog(t)
  const refused = async (code: string, ...args: string[]): Promise<void> => {
    const outcome = await dump(...args)
    t.equal(outcome.code, code === 'USAGE' ? 2 : 1)
    t.match(outcome.stderr, new RegExp(`^error ${code}: [^\\n]+\\n$`))
  }
  await refused('LOG_NOT_FOUND', join(path, 'missing'))
  await refused('LOG_NOT_FOUND', t.testdirName)
  await refused('LOG_NOT_FOUND', path, '--name', 'other')
  await refused('LOG_OFFSET_OUT_OF_RANGE', path, '--from', '5', '--to', '6')
  await refused('USAGE', path, '--from', '3', '--to', '2')
  await refused('USAGE', path, '--from', 'nine')
  await using log = await openLog({ path })
  t.equal(log.endOffset, 4)
  await refused('LOG_LOCKED', path)
})

t.test('a damaged log is printed as far as it can be trusted, and then fails', async (t) => {
  const path = await exampleLog(t)
  const file = (await readdir(path, { recursive: true })).find((name) => name.endsWith('.log'))
  const wal = join(path, file ?? '')
  const bytes = await readFile(wal)
  bytes[bytes.length - 60]! ^= 1
  await writeFile(wal, bytes)
  const { code, stderr } = await dump(path, '--verify')
  t.equal(code, 1)
  t.match(stderr, /^error LOG_DAMAGED: [^\n]+\n$/)
})
