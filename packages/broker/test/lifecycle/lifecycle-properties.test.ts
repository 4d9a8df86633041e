import { array, assert as holds, nat, property } from 'fast-check'
import assert from 'node:assert/strict'
import t from 'tap'
import { initialLifecycleState, step } from '../../src/lifecycle/lifecycle.ts'
import type { LifecycleEffect, LifecycleEvent, LifecycleState } from '../../src/lifecycle/lifecycle.ts'

/** What may happen next, and how a number picks the one that does. */
function eventsAfter(state: LifecycleState, waiting: boolean, pick: number): LifecycleEvent[] {
  const [isCaughtUp, isFenced, shouldShutDown] = [(pick & 1) > 0, (pick & 2) > 0, (pick & 4) > 0]
  const events: LifecycleEvent[] = [{ type: 'published', offset: state.publishedOffset + (pick % 7) }]
  if (pick % 11 === 10) events.push({ type: 'controlled-shutdown' })
  if (pick % 101 === 100) events.push({ type: 'stop' })
  if (waiting) events.push({ type: 'wait-over' }, { type: 'wait-over' })
  if (state.inFlight !== undefined) events.push({ type: 'request-failed' })
  if (state.inFlight?.type === 'register') events.push({ type: 'registered', brokerEpoch: pick % 50 })
  if (state.inFlight?.type === 'heartbeat') {
    const answer = { type: 'heartbeat-answered', isCaughtUp, isFenced, shouldShutDown } as const
    events.push(answer, answer, answer, { type: 'registration-unknown' })
  }
  return events
}

/** Carries out `effects` as far as it matters: is there a wait that will be over? */
function waitsAfter(effects: readonly LifecycleEffect[], waiting: boolean): boolean {
  return effects.reduce((waits, { type }) => {
    if (type === 'wait') return true
    return type === 'cancel-wait' || type === 'stop' ? false : waits
  }, waiting)
}

t.test(
  'whatever happens, a live broker has one request in flight or waits for the next, never both',
  async (t) => {
    const reached = new Map<string, number>()
    holds(
      property(array(nat(1_000_000), { minLength: 40, maxLength: 80 }), (picks) => {
        let { state, effects } = step(initialLifecycleState, { type: 'start' })
        let waiting = waitsAfter(effects, false)
        for (const pick of picks) {
          const events = eventsAfter(state, waiting, pick)
          const event = events[(pick >> 3) % events.length]
          assert(event !== undefined)
          const before = state
          if (event.type === 'wait-over') waiting = false
          ;({ state, effects } = step(state, event))
          waiting = waitsAfter(effects, waiting)
          reached.set(state.name, (reached.get(state.name) ?? 0) + 1)

          const requests = effects.filter(({ type }) => type === 'register' || type === 'heartbeat')
          if (before.name === 'shutting-down') {
            assert.deepEqual(effects, [], 'a broker that shuts down does nothing more')
            continue
          }
          if (state.name === 'shutting-down') {
            assert.deepEqual(effects, [{ type: 'stop' }])
            waiting = false
            continue
          }
          assert.notEqual(state.inFlight !== undefined, waiting, `after ${event.type} in ${before.name}`)
          assert.ok(requests.length <= 1)
          for (const request of requests) {
            assert.equal(request, state.inFlight)
            assert.equal(request.type === 'register', state.brokerEpoch === undefined)
            if (request.type !== 'heartbeat') continue
            assert.equal(request.wantFence, state.name === 'starting')
            assert.equal(request.wantShutDown, state.name === 'pending-controlled-shutdown')
            assert.equal(request.publishedOffset, state.publishedOffset)
          }
          if (state.name !== 'starting')
            assert.notEqual(state.brokerEpoch, undefined, 'only a starting broker has none')
        }
      }),
      { numRuns: 1_000, seed: 1 },
    )
    for (const name of [
      'starting',
      'recovery',
      'running',
      'fenced',
      'pending-controlled-shutdown',
      'shutting-down',
    ]) {
      t.ok((reached.get(name) ?? 0) > 100, `${name} was reached ${reached.get(name) ?? 0} times`)
    }
  },
)
