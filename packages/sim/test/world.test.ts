import t from 'tap'
import { partitionShapes } from '../src/faults/partitions.ts'
import { seededRandom } from '../src/random.ts'
import { NodeClock } from '../src/world/node-clock.ts'
import { VirtualTime } from '../src/world/virtual-time.ts'

const nothing = (): void => undefined

t.test(
  'timers are called in order of their time, those of one moment in the order they were set',
  async (t) => {
    const time = new VirtualTime()
    const called: number[] = []
    for (const delayMs of [5, 3, 9, 3, 1]) time.setTimer(delayMs, () => called.push(time.nowMs))
    const cancel = time.setTimer(4, () => called.push(-1))
    cancel()
    await time.run(6, nothing)
    t.same(called, [1, 3, 3, 5])
    t.equal(time.nowMs, 6)
  },
)

t.test('whoever sets timers for the same moment without end is found out', async (t) => {
  const time = new VirtualTime()
  const again = (): void => void time.setTimer(0, again)
  again()
  await t.rejects(time.run(1, nothing), /time goes on/)
})

t.test('a clock that runs fast calls its timers early in true time', async (t) => {
  const time = new VirtualTime()
  const clock = new NodeClock(time, { rate: 1.25, wallOffsetMs: 0 })
  let calledMs = 0
  clock.setTimer(100, () => (calledMs = time.nowMs))
  await time.run(200, nothing)
  t.equal(calledMs, 80)
})

t.test(
  'nothing reaches a stopped process until it goes on, and nothing ever reaches a dead one',
  async (t) => {
    const time = new VirtualTime()
    const clock = new NodeClock(time, { rate: 1, wallOffsetMs: 0 })
    const called: string[] = []
    clock.setTimer(10, () => called.push('timer'))
    clock.stop()
    clock.enter(() => called.push('message'))
    await time.run(20, nothing)
    t.same(called, [])
    clock.resume()
    await time.run(1, nothing)
    t.same(called, ['message', 'timer'])
    clock.kill()
    clock.enter(() => called.push('ghost'))
    t.same(called.length, 2)
  },
)

t.test('every partial partition cuts what it is named for', async (t) => {
  const members = { nodes: [1, 2, 3, 4, 5], voters: [1, 2, 3, 4, 5], leader: 1 }
  const random = seededRandom(1)
  const reach = (links: readonly (readonly [number, number])[], node: number): number[] =>
    members.nodes.filter(
      (to) => to !== node && !links.some(([from, target]) => from === node && target === to),
    )
  const lost = partitionShapes.quorumLoss(members, random)
  const hub = members.nodes.filter((node) => reach(lost, node).length === 4)
  t.equal(hub.length, 1)
  t.not(hub[0], 1, 'the leader is not the one that all can reach')
  const chain = partitionShapes.chained(members, random)
  t.same(
    members.nodes.map((node) => reach(chain, node).length).toSorted((a, b) => a - b),
    [1, 1, 2, 2, 2],
  )
  t.same(reach(partitionShapes.isolateLeader(members), 1), [])
})
