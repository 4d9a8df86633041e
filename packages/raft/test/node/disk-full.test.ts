import { LogError, type LogWrite, type RaftLog } from '@quorate/log'
import { openMemoryLog } from '@quorate/log/memory'
import t from 'tap'
import { openRaft } from '../../src/index.ts'

/** A log whose disk can fill up: then it refuses batches and still takes votes, as the one on LevelDB does. */
async function smallLog(): Promise<RaftLog & { isFull: boolean }> {
  const log = await openMemoryLog()
  const small: RaftLog & { isFull: boolean } = {
    isFull: false,
    get startOffset() {
      return log.startOffset
    },
    get endOffset() {
      return log.endOffset
    },
    get epochs() {
      return log.epochs
    },
    get hardState() {
      return log.hardState
    },
    async write(write: LogWrite) {
      if (small.isFull && write.batches !== undefined) throw new LogError('LOG_DISK_FULL', 'no room is left')
      return log.write(write)
    },
    read: (from, options) => log.read(from, options),
    deleteBefore: (offset) => log.deleteBefore(offset),
    reset: (offset, epoch) => log.reset(offset, epoch),
    close: () => log.close(),
  }
  return small
}

t.test('a node whose disk is full stops, says so, and leaves the outcome open', async (t) => {
  const log = await smallLog()
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
  log.isFull = true
  t.match(await raft.submit(payload), { status: 'unknown', error: { code: 'RAFT_FAILED' } })
  t.match(await raft.failed, { code: 'LOG_DISK_FULL' })
  t.match(await raft.submit(payload), { status: 'rejected', error: { code: 'RAFT_FAILED' } })
  await raft.close()
})
