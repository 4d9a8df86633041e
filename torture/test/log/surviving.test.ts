import t from 'tap'
import { parseJournal } from '../../log/journal.ts'
import type { Random } from '../../random.ts'
import { surviving } from '../../log/surviving.ts'
import type { FileSystem, SurvivingFile } from '../../log/surviving.ts'

const disk = {
  folder: '/d',
  directories: new Map([['/d', 1]]),
  files: new Map([['/d/old', { inode: 2, bytes: 100 }]]),
}
const none: Random = {
  between: (least) => least,
  chance: () => false,
  pick: ([item]) => item!,
  seed: () => 0,
}

/** What is left after all of `lines`, when nothing survives that need not. */
function left(lines: readonly string[], fileSystem: FileSystem): Record<string, SurvivingFile> {
  const events = parseJournal(lines.map((line) => `${line}\n`).join(''))
  const sizes = new Map([
    [2, 100],
    [3, 70],
    [4, 16],
  ])
  return Object.fromEntries(surviving({ disk, events, cut: events.length, sizes, fileSystem }, none))
}

const old = { inode: 2, durableBytes: 100, writtenBytes: 100 }
const created = { inode: 3, durableBytes: 50, writtenBytes: 70 }

t.test('a new file is there once it was synced, as far as it was synced', async (t) => {
  for (const fileSystem of ['ordered', 'lazy'] as const) {
    t.same(left(['create 3 /d/new'], fileSystem), { '/d/old': old })
    t.same(left(['create 3 /d/new', 'sync 3 50'], fileSystem), { '/d/old': old, '/d/new': created })
  }
})

t.test('a removal and a rename are durable once the directory was synced', async (t) => {
  const changes = ['create 3 /d/new', 'sync 3 50', 'rename /d/new /d/old']
  for (const fileSystem of ['ordered', 'lazy'] as const) {
    t.same(left(changes, fileSystem), { '/d/old': old, '/d/new': created })
    t.same(left([...changes, 'syncdir 1'], fileSystem), { '/d/old': created })
    t.same(left(['unlink /d/old'], fileSystem), { '/d/old': old })
    t.same(left(['unlink /d/old', 'syncdir 1'], fileSystem), {})
  }
})

t.test('on a file system that keeps the order, any sync makes what came before durable', async (t) => {
  const lines = ['create 3 /d/new', 'unlink /d/old', 'create 4 /d/other', 'sync 4 16']
  const other = { inode: 4, durableBytes: 16, writtenBytes: 16 }
  t.same(left(lines, 'ordered'), { '/d/new': { ...created, durableBytes: 0 }, '/d/other': other })
  t.same(left(lines, 'lazy'), { '/d/old': old, '/d/other': other })
})

t.test('what is in a directory that was not synced into its parent is gone', async (t) => {
  const lines = ['directory 9 /d/sub', 'create 3 /d/sub/new', 'sync 3 50', 'syncdir 9']
  t.same(left(lines, 'lazy'), { '/d/old': old })
  t.same(left([...lines, 'syncdir 1'], 'lazy'), { '/d/old': old, '/d/sub/new': created })
})

t.test('a directory keeps what is in it when it gets another name', async (t) => {
  const lines = ['directory 9 /d/aside', 'create 3 /d/aside/new', 'sync 3 50', 'syncdir 9', 'syncdir 1']
  t.same(left([...lines, 'rename /d/aside /d/sub'], 'lazy'), { '/d/old': old, '/d/aside/new': created })
  const renamed = [...lines, 'rename /d/aside /d/sub', 'create 4 /d/sub/more', 'sync 4 16']
  const more = { inode: 4, durableBytes: 16, writtenBytes: 16 }
  t.same(left(renamed, 'lazy'), { '/d/old': old, '/d/aside/new': created, '/d/aside/more': more })
  t.same(left([...renamed, 'syncdir 1'], 'lazy'), {
    '/d/old': old,
    '/d/sub/new': created,
    '/d/sub/more': more,
  })
})

t.test('what was flushed behind the last sync may be there', async (t) => {
  const lines = ['create 3 /d/new', 'written 3 50', 'sync 3 50', 'written 3 60']
  t.match(left(lines, 'lazy'), { '/d/new': { durableBytes: 50, writtenBytes: 60 } })
})

t.test('a file that was cut holds no more than was synced since', async (t) => {
  t.match(left(['truncate 2 0', 'sync 2 30'], 'lazy'), { '/d/old': { durableBytes: 30 } })
})
