import t from 'tap'
import { full } from '../../log/full.ts'
import { firstViolation } from './first-violation.ts'

/** Elsewhere there is neither the mount nor prlimit. */
const skip = process.platform === 'linux' ? false : 'runs on Linux only'

for (const logs of [1, 3]) {
  const those = logs === 1 ? 'a log' : 'a log of a set'

  t.test(`${those} that met a full disk keeps what it acknowledged, and goes on`, { skip }, async (t) => {
    t.equal(await firstViolation(full, { rounds: 2, seed: 1, logs, directory: t.testdir() }), undefined)
  })

  t.test(`${those} that takes failed writes for done is found out`, { skip }, async (t) => {
    const fault = 'swallow-errors'
    t.ok(await firstViolation(full, { rounds: 8, seed: 1, logs, directory: t.testdir(), fault }))
  })
}
