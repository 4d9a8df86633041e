import t from 'tap'
import { kill } from '../../log/kill.ts'
import { firstViolation } from './first-violation.ts'

for (const logs of [1, 3]) {
  const those = logs === 1 ? 'a log' : 'a log of a set'

  t.test(`${those} whose process is killed again and again keeps what it acknowledged`, async (t) => {
    t.equal(await firstViolation(kill, { rounds: 3, seed: 1, logs, directory: t.testdir() }), undefined)
  })

  t.test(`${those} that acknowledges what it has not written is found out`, async (t) => {
    const fault = 'early-acknowledgement'
    t.ok(await firstViolation(kill, { rounds: 50, seed: 1, logs, directory: t.testdir(), fault }))
  })
}
