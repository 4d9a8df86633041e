import t from 'tap'
import { snapshotConformance } from '../../src/conformance/index.ts'
import { openSnapshots } from '../../src/index.ts'
import { createMemorySnapshotDirectory, openMemorySnapshots } from '../../src/memory/index.ts'

t.test('in a directory', async (t) => {
  const home = t.testdir()
  let stores = 0
  snapshotConformance({
    test: (name, run) => t.test(name, run),
    open: async () => {
      const directory = `${home}/${(stores += 1)}`
      return (limits) => openSnapshots({ directory, ...limits })
    },
  })
})

t.test('in memory', async (t) => {
  snapshotConformance({
    test: (name, run) => t.test(name, run),
    open: async () => {
      const directory = createMemorySnapshotDirectory()
      return (limits) => openMemorySnapshots({ directory, ...limits })
    },
  })
})
