import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { formatDirectory } from '../../src/directory/format-directory.ts'
import { guardDirectory } from '../../src/directory/guard.ts'

const clusterId = 'test-cluster'

function format(
  directory: string,
  overrides: { clusterId?: string; nodeId?: number; ignoreFormatted?: boolean } = {},
) {
  return formatDirectory({ directory, clusterId, nodeId: 1, randomId: () => 'directory-1', ...overrides })
}

function noRandomness(): never {
  throw new Error('no randomness')
}

t.test('format makes the log and the identity, and says so', async (t) => {
  const directory = join(t.testdir(), 'deep', 'data')
  t.strictSame(await format(directory), { clusterId, nodeId: 1, directoryId: 'directory-1', created: true })
  t.strictSame((await readdir(directory)).toSorted(), ['guard', 'log', 'node.json'])
  const identity: unknown = JSON.parse(await readFile(join(directory, 'node.json'), 'utf8'))
  t.strictSame(identity, { version: 1, clusterId, nodeId: 1, directoryId: 'directory-1' })
})

t.test('an empty directory is formatted, also the root of a fresh file system', async (t) => {
  const directory = t.testdir({ 'lost+found': {} })
  t.equal((await format(directory)).created, true)
})

t.test('a formatted directory is refused, and left alone on request', async (t) => {
  const directory = t.testdir()
  await format(directory)
  await t.rejects(format(directory), { code: 'DIRECTORY_ALREADY_FORMATTED' })
  const again = await formatDirectory({ directory, clusterId, nodeId: 1, ignoreFormatted: true })
  t.strictSame(again, { clusterId, nodeId: 1, directoryId: 'directory-1', created: false })
})

t.test('a directory of another node or cluster is refused even then', async (t) => {
  const directory = t.testdir()
  await format(directory)
  await t.rejects(format(directory, { nodeId: 2, ignoreFormatted: true }), { code: 'DIRECTORY_FOREIGN' })
  await t.rejects(format(directory, { clusterId: 'other', ignoreFormatted: true }), {
    code: 'DIRECTORY_FOREIGN',
  })
})

t.test("a directory with somebody's files is refused and not touched", async (t) => {
  const directory = t.testdir({ 'holiday.jpg': '' })
  await t.rejects(format(directory), { code: 'DIRECTORY_NOT_EMPTY' })
  t.strictSame(await readdir(directory), ['holiday.jpg'])
})

t.test('a format that was cut short is not finished by the next one', async (t) => {
  const directory = t.testdir()
  await format(directory)
  await rm(join(directory, 'node.json'))
  await t.rejects(format(directory), { code: 'DIRECTORY_HALF_FORMATTED' })
  t.strictSame((await readdir(directory)).toSorted(), ['guard', 'log'])
})

t.test('an identity that cannot be understood is damage, not a free directory', async (t) => {
  for (const text of ['', '{', '{"version":2}', '{"version":1,"clusterId":"c","nodeId":1}']) {
    const directory = t.testdir({ 'node.json': text })
    await t.rejects(format(directory), { code: 'DIRECTORY_DAMAGED' }, text)
  }
})

t.test('a path that is a file is refused', async (t) => {
  const directory = t.testdir({ data: 'a file' })
  await t.rejects(format(join(directory, 'data')), { code: 'DIRECTORY_DAMAGED', message: /ENOTDIR/ })
})

t.test('a directory that cannot be made is an error, and nothing stays behind', async (t) => {
  const directory = t.testdir({ parent: 'a file' })
  await t.rejects(format(join(directory, 'parent', 'data')), { code: /^DIRECTORY_/ })
  t.strictSame(await readdir(directory), ['parent'])
})

t.test('when the log cannot be made, what was made is removed', async (t) => {
  const root = t.testdir()
  const options = { clusterId, nodeId: 1, randomId: noRandomness }
  await t.rejects(formatDirectory({ ...options, directory: join(root, 'a', 'b') }), {
    message: 'no randomness',
  })
  t.strictSame(await readdir(root), [])
  await mkdir(join(root, 'there'))
  await t.rejects(formatDirectory({ ...options, directory: join(root, 'there') }), {
    message: 'no randomness',
  })
  t.strictSame(await readdir(join(root, 'there')), [])
})

t.test('two formats of one directory at the same time: one makes it, the other is refused', async (t) => {
  const directory = join(t.testdir(), 'data')
  const results = await Promise.allSettled([format(directory), format(directory)])
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  t.strictSame((await readdir(directory)).toSorted(), ['guard', 'log', 'node.json'])
})

t.test('a cluster id of other characters is refused before anything is made', async (t) => {
  const root = t.testdir()
  for (const wrong of ['', 'a b', 'a/b', 'x'.repeat(65)]) {
    await t.rejects(format(join(root, 'data'), { clusterId: wrong }), { code: 'CLUSTER_ID_INVALID' })
  }
  t.strictSame(await readdir(root), [])
})

t.test('the guard keeps a second holder out, also under another name, until it is closed', async (t) => {
  const root = t.testdir({ data: {} })
  await symlink(join(root, 'data'), join(root, 'alias'))
  const first = await guardDirectory(join(root, 'data'), { create: true })
  await t.rejects(guardDirectory(join(root, 'alias')), {
    code: 'DIRECTORY_IN_USE',
    message: new RegExp(`pid ${process.pid}`),
  })
  await first.close()
  await first.close()
  const second = await guardDirectory(join(root, 'alias'))
  await second.close()
})

t.test('a guard file that a dead process left behind blocks nobody', async (t) => {
  const directory = t.testdir()
  await writeFile(join(directory, 'guard'), '999999\n')
  const guard = await guardDirectory(directory)
  t.equal(await readFile(join(directory, 'guard'), 'utf8'), `${process.pid}\n`)
  await guard.close()
})
