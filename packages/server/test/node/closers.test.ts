import t from 'tap'
import { closers } from '../../src/node/closers.ts'

t.test('what was opened last is closed first, and each once', async (t) => {
  const closed: string[] = []
  const parts = closers()
  for (const name of ['log', 'store', 'broker']) {
    parts.add({
      close: () => {
        closed.push(name)
        return Promise.resolve()
      },
    })
  }
  await parts.closeAll()
  await parts.closeAll()
  t.strictSame(closed, ['broker', 'store', 'log'])
})

t.test('a part that fails to close does not keep the others open', async (t) => {
  const closed: string[] = []
  const parts = closers()
  parts.add({ close: () => Promise.resolve(void closed.push('log')) })
  parts.add({ close: () => Promise.reject(new Error('stuck')) })
  await t.rejects(parts.closeAll(), { message: 'stuck' })
  t.strictSame(closed, ['log'])
})
