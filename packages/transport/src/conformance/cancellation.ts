import assert from 'node:assert/strict'
import { aborted, echo, observed, rejectsWith, silence } from './harness.ts'
import type { Scenario } from './harness.ts'

/** AbortSignals, and what they reach. */
export const cancellationScenarios: readonly Scenario[] = [
  {
    name: 'a request whose signal is aborted already rejects with its reason and is not sent',
    async run(harness) {
      let calls = 0
      const { connection } = await harness.pair(async (frame) => {
        calls++
        return frame
      })
      const reason = new Error('not any more')
      const request = connection.request(new Uint8Array(1), { signal: AbortSignal.abort(reason) })
      await assert.rejects(request, (error) => error === reason)
      await connection.request(new Uint8Array(1))
      assert.equal(calls, 1)
    },
  },
  {
    name: 'an abort rejects the request at once with the reason, and reaches the signal of the handler',
    async run(harness) {
      const { handler, called } = observed(silence)
      const { connection } = await harness.pair(handler)
      const controller = new AbortController()
      const reason = new Error('not any more')
      const request = connection.request(new Uint8Array(1), { signal: controller.signal })
      const signal = await called
      assert.equal(signal.aborted, false)
      controller.abort(reason)
      await assert.rejects(request, (error) => error === reason)
      await aborted(signal)
    },
  },
  {
    name: 'after an abort the connection carries on, and a late answer goes to nobody',
    async run(harness) {
      const late = Promise.withResolvers<Uint8Array>()
      const { handler, called } = observed((frame) => (frame[0] === 1 ? late.promise : echo(frame, never)))
      const { connection } = await harness.pair(handler)
      const controller = new AbortController()
      const request = connection.request(Uint8Array.of(1), { signal: controller.signal })
      await called
      controller.abort()
      await assert.rejects(request)
      late.resolve(Uint8Array.of(99))
      const answer = await connection.request(Uint8Array.of(2))
      assert.deepEqual([...answer], [2])
    },
  },
  {
    name: 'an abort after the answer does nothing',
    async run(harness) {
      const { connection } = await harness.pair(echo)
      const controller = new AbortController()
      await connection.request(new Uint8Array(1), { signal: controller.signal })
      controller.abort()
      await connection.request(new Uint8Array(1))
    },
  },
  {
    name: 'a connect whose signal is aborted rejects with the reason',
    async run({ underTest: { transport, address } }) {
      const reason = new Error('not any more')
      const before = transport.connect(await address(), { signal: AbortSignal.abort(reason) })
      await assert.rejects(before, (error) => error === reason)
    },
  },
  {
    name: 'the signal of a handler aborts when its caller closes the connection',
    async run(harness) {
      const { handler, called } = observed(silence)
      const { connection } = await harness.pair(handler)
      const request = rejectsWith('TRANSPORT_DISCONNECTED', connection.request(new Uint8Array(1)))
      const signal = await called
      await connection.close()
      await request
      await aborted(signal)
    },
  },
]

const never = { remoteAddress: '', signal: new AbortController().signal }
