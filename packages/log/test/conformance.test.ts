import { MemoryLevel } from 'memory-level'
import t from 'tap'
import { logConformance } from '../src/conformance/index.ts'
import { createLog, createLogSet, openLog, openLogSet } from '../src/index.ts'
import { createMemoryStorage, openMemoryLog } from '../src/memory/index.ts'

t.test('on LevelDB', async (t) => {
  const directory = t.testdir()
  let logs = 0
  logConformance({
    test: (name, run) => t.test(name, run),
    open: async () => {
      const path = `${directory}/${(logs += 1)}`
      await createLog({ path })
      return (limits) => openLog({ path, ...limits })
    },
  })
})

t.test('on LevelDB with chunks of one batch', async (t) => {
  const directory = t.testdir()
  let logs = 0
  logConformance({
    test: (name, run) => t.test(name, run),
    open: async () => {
      const path = `${directory}/${(logs += 1)}`
      await createLog({ path })
      return (limits) => openLog({ path, maxChunkBytes: 1, maxWriteBatches: 3, ...limits })
    },
  })
})

t.test('on memory-level with segments of a few batches', async (t) => {
  logConformance({
    test: (name, run) => t.test(name, run),
    open: async () => {
      const database = new MemoryLevel()
      await createLog({ database })
      return (limits) => openLog({ database, segmentBytes: 300, ...limits })
    },
  })
})

t.test('on memory-level, several logs in one database', async (t) => {
  const database = new MemoryLevel()
  let logs = 0
  logConformance({
    test: (name, run) => t.test(name, run),
    open: async () => {
      const name = `log-${(logs += 1)}`
      await createLog({ database, name })
      return (limits) => openLog({ database, name, ...limits })
    },
  })
})

t.test('in a set of logs', async (t) => {
  logConformance({
    test: (name, run) => t.test(name, run),
    open: async () => {
      const database = new MemoryLevel()
      await createLogSet({ database })
      const first = await openLogSet({ database })
      for (const name of ['a', 'ab', 'b']) await first.create(name)
      await first.close()
      return async (limits) => {
        const set = await openLogSet({ database, segmentBytes: 500, ...limits })
        return set.open('ab')
      }
    },
  })
})

t.test('in memory', async (t) => {
  logConformance({
    test: (name, run) => t.test(name, run),
    open: async () => {
      const storage = createMemoryStorage()
      return (limits) => openMemoryLog({ storage, ...limits })
    },
  })
})
