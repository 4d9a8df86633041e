import { LogError } from '@quorate/log'
import { openMemoryLog } from '@quorate/log/memory'
import t from 'tap'
import { openRaft } from '../../src/index.ts'

t.test('a node whose disk is full stops, says so, and leaves the outcome open', async (t) => {
  const log = await openMemoryLog()
  const write = log.write.bind(log)
  const disk = { isFull: false }
  // As the log on LevelDB does it: batches are refused, and a vote is still taken.
  log.write = async (change) => {
    if (disk.isFull && change.batches !== undefined) throw new LogError('LOG_DISK_FULL', 'no room is left')
    return write(change)
  }
  const leading = Promise.withResolvers<void>()
  const raft = openRaft({
    id: 1,
    directoryId: 'd1',
    clusterId: 'c',
    voters: [1],
    log,
    transport: { request: () => new Promise(() => undefined), serve: () => () => undefined },
    stateMachine: {
      apply: () => undefined,
      leadership: ({ leaderId }) => leaderId === 1 && leading.resolve(),
    },
  })
  await leading.promise
  const payload = new TextEncoder().encode('hello')
  t.match(await raft.submit(payload), { status: 'committed' })
  disk.isFull = true
  t.match(await raft.submit(payload), { status: 'unknown', error: { code: 'RAFT_FAILED' } })
  t.match(await raft.failed, { code: 'LOG_DISK_FULL' })
  t.match(await raft.submit(payload), { status: 'rejected', error: { code: 'RAFT_FAILED' } })
  await raft.close()
})
