import t from 'tap'
import * as log from '../src/index.ts'
t.test('loads', async (t) => {
  t.ok(log)
})
