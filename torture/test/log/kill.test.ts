import t from 'tap'
import { kill } from '../../log/kill.ts'

t.test('a log whose process is killed again and again keeps what it acknowledged', async (t) => {
  const violations: string[] = []
  const report = (line: string): void => void violations.push(line)
  const [row] = await kill({ rounds: 4, seed: 1, directory: t.testdir(), report })
  t.same(violations, [])
  t.match(row, { rounds: 4, whole: 4 })
})

t.test('a log that acknowledges what it has not written is found out', async (t) => {
  const directory = t.testdir()
  const violations: string[] = []
  const report = (line: string): void => void violations.push(line)
  await kill({ rounds: 4, seed: 1, directory, fault: 'early-acknowledgement', report })
  t.not(violations.length, 0)
})
