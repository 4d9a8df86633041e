import t from 'tap'
import { full } from '../../log/full.ts'
import { firstViolation } from './first-violation.ts'

/** Elsewhere there is neither the mount nor prlimit. */
const skip = process.platform === 'linux' ? false : 'runs on Linux only'

t.test('a log that met a full disk keeps what it acknowledged, and goes on', { skip }, async (t) => {
  t.equal(await firstViolation(full, { rounds: 2, seed: 1, directory: t.testdir() }), undefined)
})

t.test('a log that takes failed writes for done is found out', { skip }, async (t) => {
  const fault = 'swallow-errors'
  t.ok(await firstViolation(full, { rounds: 8, seed: 1, directory: t.testdir(), fault }))
})
