import t from 'tap'
import { corrupt } from '../../log/corrupt.ts'

for (const logs of [1, 3]) {
  const those = logs === 1 ? 'a log' : 'a log of a set'

  t.test(
    `${those} never serves what was not written, nor passes over what was, when a file is damaged`,
    async (t) => {
      const violations: string[] = []
      const rows = await corrupt({
        rounds: 40,
        seed: 1,
        logs,
        directory: t.testdir(),
        report: (line) => void violations.push(line),
      })
      t.same(violations, [])
      t.same(
        rows.reduce((rounds, row) => rounds + row.rounds, 0),
        40,
      )
      t.ok(rows.some(({ target, reported }) => target === '#.log' && reported > 0))
    },
  )
}
