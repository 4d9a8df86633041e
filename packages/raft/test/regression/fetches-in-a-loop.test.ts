import t from 'tap'
import type { Effect } from '../../src/core/effects.ts'
import { CoreHarness, requests } from '../core/harness.ts'

t.test(
  'a follower whose connections break as soon as they are made pauses between its fetches',
  async (t) => {
    const node = new CoreHarness()
    const fetching = node.follow(1)
    const breakOff = (effects: readonly Effect[]): Effect[] => {
      const fetch = effects.findLast((effect) => effect.type === 'request')
      return node.step({ type: 'failure', correlationId: fetch?.correlationId ?? 0, reason: 'disconnected' })
    }
    node.nowMs = 100
    const second = breakOff(fetching)
    t.match(requests(second), [{ to: 2, request: { type: 'fetch' } }], 'the first time, at once')
    node.nowMs = 5
    t.same(requests(breakOff(second)), [], 'the second time, not')
    t.equal(node.core.deadlineMs, 25)
    const third = node.at(25)
    t.match(requests(third), [{ to: 2, request: { type: 'fetch' } }])
    node.nowMs = 45
    t.equal(requests(breakOff(third)).length, 1, 'this connection lasted')
  },
)
