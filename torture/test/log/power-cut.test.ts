import t from 'tap'
import { powerCut } from '../../log/power-cut.ts'
import { firstViolation } from './first-violation.ts'

/** Elsewhere there is no way to preload the recorder. */
const skip = process.platform === 'linux' ? false : 'runs on Linux only'

for (const logs of [1, 3]) {
  const those = logs === 1 ? 'a log' : 'a log of a set'

  t.test(`${those} keeps what it acknowledged when the power goes`, { skip }, async (t) => {
    t.equal(await firstViolation(powerCut, { rounds: 25, seed: 1, logs, directory: t.testdir() }), undefined)
  })

  for (const fault of ['no-sync', 'split-write'] as const)
    t.test(`${those} with the fault ${fault} is found out`, { skip }, async (t) => {
      t.ok(await firstViolation(powerCut, { rounds: 200, seed: 1, logs, directory: t.testdir(), fault }))
    })
}
