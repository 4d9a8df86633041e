import t from 'tap'
import { profiles } from '../src/profiles.ts'
import { runScenario } from '../src/scenario.ts'
import { swarm } from '../src/swarm.ts'
import { traceHeading } from '../src/trace.ts'

t.test('a run prints one line an event, in the columns of the heading', async (t) => {
  const lines: string[] = []
  const { events, virtualMs, reach } = await runScenario(3, { print: (line) => lines.push(line) })
  t.equal(lines.length, events)
  t.ok(virtualMs > 0)
  t.ok(reach.elections > 0)
  const eventColumn = traceHeading.indexOf('event')
  t.ok(lines.every((line) => /^[a-z]+ /.test(line.slice(eventColumn))))
})

t.test('what a run does does not depend on whether somebody reads it', async (t) => {
  const read = await runScenario(12, { print: () => undefined })
  const unread = await runScenario(12)
  t.equal(read.traceHash, unread.traceHash)
})

t.test('seeds lead different lives', async (t) => {
  const lives = Array.from({ length: 200 }, (_, seed) => swarm(seed))
  t.same(
    [...new Set(lives.map(({ cluster }) => cluster.voters))].toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7],
  )
  t.same(
    [...new Set(lives.map(({ cluster }) => cluster.observers))].toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5],
  )
  t.same(new Set(lives.map(({ profile }) => profile)), new Set(profiles))
  t.ok(
    lives.every(({ cluster }) => cluster.network.lossRate <= 0.3 && cluster.network.duplicationRate <= 0.5),
  )
})
