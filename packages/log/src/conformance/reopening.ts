import assert from 'node:assert/strict'
import { batch, contents, rejects } from './fixture.ts'
import type { Scenario } from './fixture.ts'

/** Promises of `close`, and of what a log is after it was opened again. */
export const reopening: readonly Scenario[] = [
  {
    name: 'everything is there after the log was closed and opened again',
    run: async (open) => {
      const hardState = { epoch: 9, vote: { id: 1, directoryId: 'd' } }
      const before = await open()
      await before.write({ batches: [batch(0, 'a', { epoch: 1 }), batch(1, 'b', { epoch: 4, count: 5 })] })
      await before.write({ hardState })
      await before.close()

      const after = await open()
      assert.equal(after.startOffset, 0)
      assert.equal(after.endOffset, 6)
      assert.deepEqual(after.hardState, hardState)
      assert.deepEqual(after.epochs, [
        { epoch: 1, startOffset: 0 },
        { epoch: 4, startOffset: 1 },
      ])
      assert.deepEqual(await contents(after), ['a', 'b'])
      assert.deepEqual(await after.append([{ payload: Buffer.from('c') }]), [6])
      await after.close()
    },
  },
  {
    name: 'a cut is still there after the log was opened again, and so is what was put in its place',
    run: async (open) => {
      const before = await open()
      await before.append(['a', 'b', 'c'].map((text) => ({ payload: Buffer.from(text), epoch: 1 })))
      await before.append([{ payload: Buffer.from('d'), epoch: 2 }])
      await before.write({ truncateTo: 2, batches: [batch(2, 'e', { epoch: 5 })] })
      await before.close()

      const after = await open()
      assert.deepEqual(await contents(after), ['a', 'b', 'e'])
      assert.deepEqual(after.epochs, [
        { epoch: 1, startOffset: 0 },
        { epoch: 5, startOffset: 2 },
      ])
      await after.close()
    },
  },
  {
    name: 'an epoch whose every batch was cut off is gone after the log was opened again',
    run: async (open) => {
      const before = await open()
      await before.write({ batches: [batch(0, 'a', { epoch: 1 }), batch(1, 'b', { epoch: 4 })] })
      await before.truncate(1)
      await before.close()

      const after = await open()
      assert.deepEqual(after.epochs, [{ epoch: 1, startOffset: 0 }])
      await after.truncate(0)
      await after.close()

      const empty = await open()
      assert.deepEqual(empty.epochs, [])
      assert.equal(empty.endOffset, 0)
      await empty.close()
    },
  },
  {
    name: 'close waits for what was asked before, and refuses what comes after',
    run: async (open) => {
      const log = await open()
      const appending = log.append([{ payload: Buffer.from('a') }])
      const closing = log.close()
      await rejects(log.append([{ payload: Buffer.from('b') }]), 'LOG_CLOSED')
      assert.deepEqual(await appending, [0])
      await closing
      await rejects(log.write({}), 'LOG_CLOSED')
      await rejects(log.read(0), 'LOG_CLOSED')

      const reopened = await open()
      assert.deepEqual(await contents(reopened), ['a'])
      await reopened.close()
    },
  },
  {
    name: 'close can be called again, and disposing closes',
    run: async (open) => {
      const log = await open()
      await Promise.all([log.close(), log.close()])
      await log[Symbol.asyncDispose]()
      await (await open())[Symbol.asyncDispose]()
      await (await open()).close()
    },
  },
]
