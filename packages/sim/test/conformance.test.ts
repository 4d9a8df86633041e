import { raftTransportConformance } from '@quorate/raft/conformance'
import { clockConformance, randomConformance } from '@quorate/transport/conformance'
import t from 'tap'
import { seededRandom } from '../src/random.ts'
import { noReach } from '../src/reach.ts'
import { SimulatedNetwork } from '../src/world/network.ts'
import { NodeClock } from '../src/world/node-clock.ts'
import { VirtualTime } from '../src/world/virtual-time.ts'

const nothing = (): void => undefined

t.test('the simulated network is a transport', async (t) => {
  const leftOut = raftTransportConformance({
    test: (name, run) => t.test(name, run),
    create: () => {
      const time = new VirtualTime()
      const network = new SimulatedNetwork({
        time,
        random: seededRandom(7),
        reach: noReach(),
        watch: { onRequest: nothing, onResponse: nothing, onDelivered: nothing, onLost: nothing },
        faults: {
          minDelayMs: 1,
          maxDelayMs: 2,
          stragglerRate: 0,
          stragglerDelayMs: 0,
          lossRate: 0,
          duplicationRate: 0,
          corruptionRate: 0,
        },
      })
      const open = (id: number) => network.transport(id, new NodeClock(time, { rate: 1, wallOffsetMs: 0 }))
      return {
        first: open(1),
        second: open(2),
        stranger: 3,
        stopSecond: () => network.kill(2, false),
        settle: async (promise) => {
          let isSettled = false
          const settled = (): void => void (isSettled = true)
          promise.then(settled, settled)
          await time.run(60_000, nothing, () => isSettled)
          return promise
        },
        teardown: nothing,
      }
    },
    supports: { refusal: true },
  })
  t.same(leftOut, [])
})

for (const [name, rate] of [
  ['that is right', 1],
  ['that runs fast', 1.25],
  ['that runs slow', 0.8],
] as const) {
  t.test(`the clock of a simulated node ${name} is a clock`, async (t) => {
    clockConformance({
      test: (name, run) => t.test(name, run),
      create: () => {
        const time = new VirtualTime()
        const clock = new NodeClock(time, { rate, wallOffsetMs: 0 })
        return { clock, pass: async (ms) => void (await time.run(ms / rate, nothing)) }
      },
    })
  })
}

t.test('the randomness of a run is random', async (t) => {
  let seed = 0
  randomConformance({ test: (name, run) => t.test(name, run), create: () => seededRandom((seed += 1)) })
})
