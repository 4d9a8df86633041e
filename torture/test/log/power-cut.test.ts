import t from 'tap'
import { powerCut } from '../../log/power-cut.ts'
import { firstViolation } from './first-violation.ts'

/** Elsewhere there is no way to preload the recorder. */
const skip = process.platform === 'linux' ? false : 'runs on Linux only'

t.test('a log keeps what it acknowledged when the power goes', { skip }, async (t) => {
  t.equal(await firstViolation(powerCut, { rounds: 25, seed: 1, directory: t.testdir() }), undefined)
})

for (const fault of ['no-sync', 'split-write'] as const)
  t.test(`a log with the fault ${fault} is found out`, { skip }, async (t) => {
    t.ok(await firstViolation(powerCut, { rounds: 200, seed: 1, directory: t.testdir(), fault }))
  })
