import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { formatDirectory } from '../../src/directory/format-directory.ts'
import { openDirectory } from '../../src/directory/open-directory.ts'

const clusterId = 'test-cluster'

async function formatted(t: Test): Promise<string> {
  const directory = t.testdir()
  await formatDirectory({ directory, clusterId, nodeId: 1, randomId: () => 'directory-1' })
  return directory
}

t.test('a formatted directory opens for its node, of the cluster expected or of any', async (t) => {
  const directory = await formatted(t)
  for (const expected of [{ nodeId: 1 }, { nodeId: 1, clusterId }]) {
    await using data = await openDirectory(directory, expected)
    t.strictSame(data.identity, { clusterId, nodeId: 1, directoryId: 'directory-1' })
    t.equal(data.logPath, join(directory, 'log'))
  }
})

t.test('a directory that is absent or empty is not formatted', async (t) => {
  const directory = t.testdir({ empty: {} })
  for (const name of ['absent', 'empty']) {
    await t.rejects(openDirectory(join(directory, name), { nodeId: 1 }), { code: 'DIRECTORY_NOT_FORMATTED' })
  }
})

t.test('a half-formatted directory is refused', async (t) => {
  const directory = await formatted(t)
  await rm(join(directory, 'node.json'))
  await t.rejects(openDirectory(directory, { nodeId: 1 }), { code: 'DIRECTORY_HALF_FORMATTED' })
})

t.test('a directory of another node or cluster is refused', async (t) => {
  const directory = await formatted(t)
  await t.rejects(openDirectory(directory, { nodeId: 2 }), { code: 'DIRECTORY_FOREIGN' })
  await t.rejects(openDirectory(directory, { nodeId: 1, clusterId: 'other' }), { code: 'DIRECTORY_FOREIGN' })
})

t.test('a directory whose log or guard is gone is damaged', async (t) => {
  for (const part of ['log', 'guard']) {
    const directory = await formatted(t)
    await rm(join(directory, part), { recursive: true })
    await t.rejects(openDirectory(directory, { nodeId: 1 }), { code: 'DIRECTORY_DAMAGED' }, part)
  }
})

t.test('a directory in use is refused until its holder closes it', async (t) => {
  const directory = await formatted(t)
  const first = await openDirectory(directory, { nodeId: 1 })
  await t.rejects(openDirectory(directory, { nodeId: 1 }), { code: 'DIRECTORY_IN_USE' })
  await first.close()
  const second = await openDirectory(directory, { nodeId: 1 })
  await second.close()
})

t.test(
  'a directory without write access is refused',
  { skip: process.getuid?.() === 0 ? 'root may write anywhere; the test of the program drops root' : false },
  async (t) => {
    const directory = await formatted(t)
    await chmod(directory, 0o555)
    t.teardown(() => chmod(directory, 0o755))
    await t.rejects(openDirectory(directory, { nodeId: 1 }), { code: 'DIRECTORY_NOT_WRITABLE' })
  },
)
