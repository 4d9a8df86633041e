import assert from 'node:assert/strict'
import { aborted, echo, observed, rejectsWith, silence, turns } from './harness.ts'
import type { Scenario } from './harness.ts'

/** Listening, connecting and the many ways to end. */
export const lifecycleScenarios: readonly Scenario[] = [
  {
    name: 'a connect where nobody listens is refused',
    async run({ underTest: { transport, address } }) {
      await rejectsWith('TRANSPORT_REFUSED', transport.connect(await address()))
    },
  },
  {
    name: 'an address can be listened at once at a time',
    async run(harness) {
      const listener = await harness.listen(echo)
      const { transport } = harness.underTest
      await rejectsWith('TRANSPORT_ADDRESS_IN_USE', transport.listen(listener.address, echo))
      await listener.close()
      const second = await transport.listen(listener.address, echo)
      await second.close()
    },
  },
  {
    name: 'an address that ends in :0 becomes one that others can connect to',
    needs: 'ephemeralAddress',
    async run(harness) {
      const { transport, address } = harness.underTest
      const any = (await address()).replace(/(?::\d+)?$/, ':0')
      await using first = await transport.listen(any, echo)
      await using second = await transport.listen(any, echo)
      assert.notEqual(first.address, second.address)
      const connection = await harness.connect(second)
      await connection.request(new Uint8Array(1))
    },
  },
  {
    name: 'an address that is none is refused by listen and connect',
    async run({ underTest: { transport } }) {
      await rejectsWith('TRANSPORT_ADDRESS_INVALID', transport.listen('', echo))
      await assert.rejects(transport.connect(''))
    },
  },
  {
    name: 'a connection whose listener closes rejects what waits, says why, and takes no more requests',
    async run(harness) {
      const { handler, called } = observed(silence)
      const { listener, connection } = await harness.pair(handler)
      const request = rejectsWith('TRANSPORT_DISCONNECTED', connection.request(new Uint8Array(1)))
      const signal = await called
      await listener.close()
      await request
      await aborted(signal)
      assert.ok((await connection.closed) instanceof Error)
      await rejectsWith('TRANSPORT_CLOSED', connection.request(new Uint8Array(1)))
      await rejectsWith('TRANSPORT_REFUSED', harness.underTest.transport.connect(listener.address))
    },
  },
  {
    name: 'closing a connection rejects what waits, is idempotent, and leaves no reason',
    async run(harness) {
      const { handler, called } = observed(silence)
      const { connection } = await harness.pair(handler)
      const request = rejectsWith('TRANSPORT_DISCONNECTED', connection.request(new Uint8Array(1)))
      await called
      await Promise.all([connection.close(), connection.close()])
      await request
      assert.equal(await connection.closed, undefined)
      await rejectsWith('TRANSPORT_CLOSED', connection.request(new Uint8Array(1)))
      await connection.close()
    },
  },
  {
    name: 'closing a listener is idempotent and ends every connection it accepted',
    async run(harness) {
      const listener = await harness.listen(echo)
      const connections = await Promise.all(Array.from({ length: 5 }, () => harness.connect(listener)))
      await Promise.all(connections.map((connection) => connection.request(new Uint8Array(1))))
      await Promise.all([listener.close(), listener.close()])
      await listener.close()
      const reasons = await Promise.all(connections.map((connection) => connection.closed))
      assert.ok(reasons.every((reason) => reason instanceof Error))
    },
  },
  {
    name: 'listeners and connections are closed by await using',
    async run({ underTest: { transport, address } }) {
      let listenedAt: string
      {
        await using listener = await transport.listen(await address(), echo)
        listenedAt = listener.address
        await using connection = await transport.connect(listenedAt)
        await connection.request(new Uint8Array(1))
      }
      await rejectsWith('TRANSPORT_REFUSED', transport.connect(listenedAt))
    },
  },
  {
    name: 'a handler that rejects, or throws, closes its own connection and no other',
    async run(harness) {
      const { listener, connection } = await harness.pair((frame) => {
        if (frame[0] === 1) return Promise.reject(new Error('broken'))
        if (frame[0] === 2) throw new Error('broken')
        return Promise.resolve(frame)
      })
      const bystander = await harness.connect(listener)
      await rejectsWith('TRANSPORT_DISCONNECTED', connection.request(Uint8Array.of(1)))
      assert.ok((await connection.closed) instanceof Error)
      const second = await harness.connect(listener)
      await rejectsWith('TRANSPORT_DISCONNECTED', second.request(Uint8Array.of(2)))
      await bystander.request(Uint8Array.of(3))
    },
  },
  {
    name: 'no failure leaves an unhandled rejection behind',
    async run(harness) {
      const unhandled: unknown[] = []
      const record = (reason: unknown): void => void unhandled.push(reason)
      process.on('unhandledRejection', record)
      try {
        const { transport, address } = harness.underTest
        await assert.rejects(transport.connect(await address()))
        const { handler, called } = observed(silence)
        const { listener, connection } = await harness.pair(handler)
        const requests = [connection.request(new Uint8Array(1)), connection.request(new Uint8Array(2))]
        const outcomes = Promise.allSettled(requests)
        await called
        await listener.close()
        await outcomes
        await turns(5)
      } finally {
        process.off('unhandledRejection', record)
      }
      assert.deepEqual(unhandled, [])
    },
  },
]
