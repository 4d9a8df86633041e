import t from 'tap'
import { kill } from '../../log/kill.ts'
import { firstViolation } from './first-violation.ts'

t.test('a log whose process is killed again and again keeps what it acknowledged', async (t) => {
  t.equal(await firstViolation(kill, { rounds: 3, seed: 1, directory: t.testdir() }), undefined)
})

t.test('a log that acknowledges what it has not written is found out', async (t) => {
  const fault = 'early-acknowledgement'
  t.ok(await firstViolation(kill, { rounds: 50, seed: 1, directory: t.testdir(), fault }))
})
