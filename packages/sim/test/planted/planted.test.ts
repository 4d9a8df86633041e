import t from 'tap'
import { plantedBugs } from '../../src/planted/catalogue.ts'
import { huntOne } from '../../src/planted/hunt-all.ts'
import { applyEdit, checkEdits } from '../../src/planted/plant.ts'

t.test('every planted bug still fits the source', async (t) => {
  t.ok(plantedBugs.length >= 20)
  t.equal(new Set(plantedBugs.map(({ name }) => name)).size, plantedBugs.length)
  for (const bug of plantedBugs) t.doesNotThrow(() => checkEdits(bug), bug.name)
})

t.test('an edit that fits nowhere, or twice, is refused', async (t) => {
  const edit = { file: 'a.ts', find: 'x', replace: 'y' }
  t.equal(applyEdit('a x b', edit), 'a y b')
  t.throws(() => applyEdit('a b', edit), /0 times/)
  t.throws(() => applyEdit('x x', edit), /2 times/)
})

for (const bug of [
  'votes twice in an epoch',
  'commits an earlier epoch by counting',
  'acknowledges before it is durable',
]) {
  t.test(`a node that ${bug} is found out within a few seeds`, async (t) => {
    const { seed, message } = await huntOne({ bug, firstSeed: 1, seeds: 10 })
    t.ok(seed)
    t.comment(message)
  })
}
