import t from 'tap'
import { mergeWrites } from '../../src/node/write-merger.ts'
import { batch } from '../core/harness.ts'

t.test(
  'writes that follow each other become one, under the newest id and with the newest hard state',
  async (t) => {
    const merged = mergeWrites([
      { id: 1, write: { hardState: { epoch: 1 } } },
      { id: 2, write: { batches: [batch(0, 1)] } },
      { id: 3, write: { batches: [batch(1, 1)], hardState: { epoch: 2 } } },
    ])
    t.same(merged, [{ id: 3, write: { batches: [batch(0, 1), batch(1, 1)], hardState: { epoch: 2 } } }])
  },
)

t.test('a cut begins a new write, because within one it comes first', async (t) => {
  const merged = mergeWrites([
    { id: 1, write: { batches: [batch(0, 1)] } },
    { id: 2, write: { truncateTo: 0 } },
    { id: 3, write: { batches: [batch(0, 2)] } },
  ])
  t.same(merged, [
    { id: 1, write: { batches: [batch(0, 1)] } },
    { id: 3, write: { truncateTo: 0, batches: [batch(0, 2)] } },
  ])
})
