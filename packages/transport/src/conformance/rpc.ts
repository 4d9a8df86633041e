import assert from 'node:assert/strict'
import { z } from 'zod'
import { systemClock, systemRandom } from '../clock.ts'
import { TransportError } from '../errors.ts'
import { silentLogger } from '../logger.ts'
import type { Logger } from '../logger.ts'
import { defineApi, handle } from '../rpc/api.ts'
import { rpcClient } from '../rpc/client.ts'
import type { RpcClient, RpcClientOptions } from '../rpc/client.ts'
import { isOutcomeUnknown, RpcError } from '../rpc/errors.ts'
import { serveRpc } from '../rpc/server.ts'
import type { RpcServer, RpcServerOptions } from '../rpc/server.ts'
import { manualClock } from '../testing/manual-clock.ts'
import type { Transport } from '../transport.ts'
import { aborted } from './harness.ts'
import type { TransportUnderTest } from './harness.ts'

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
const greet = defineApi({
  key: 1_000,
  name: 'greet',
  versions: [{ request: z.object({ name: z.string() }), response: z.object({ text: z.string() }) }],
})
const carry = defineApi({
  key: 1_001,
  name: 'carry',
  versions: [{ request: z.object({ payload: bytes }), response: z.object({ payload: bytes }) }],
})
const hello = handle(greet, ({ name }) => ({ text: `hello ${name}` }))

/** A server and a client of it, and a way to make more. */
class RpcHarness {
  readonly underTest: TransportUnderTest
  readonly #opened: AsyncDisposable[] = []

  constructor(underTest: TransportUnderTest) {
    this.underTest = underTest
  }

  async serve(options: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
    const { transport } = this.underTest
    const address = options.address ?? (await this.underTest.address())
    const server = await serveRpc({ transport, handlers: [hello], ...options, address })
    this.#opened.push(server)
    return server
  }

  client({ address }: Pick<RpcServer, 'address'>, options: Partial<RpcClientOptions> = {}): RpcClient {
    const { transport } = this.underTest
    const client = rpcClient({ transport, clock: systemClock, random: systemRandom, address, ...options })
    this.#opened.push(client)
    return client
  }

  async close(): Promise<void> {
    for (const resource of this.#opened.toReversed()) await resource[Symbol.asyncDispose]()
    await this.underTest.teardown()
  }
}

interface RpcScenario {
  readonly name: string
  run(harness: RpcHarness): Promise<void>
}

/** Requests, answers, errors, versions and time-outs, end to end. */
export const rpcScenarios: readonly RpcScenario[] = [
  {
    name: 'a request reaches its handler, and the answer comes back',
    async run(harness) {
      const server = await harness.serve({ handlers: [hello, handle(carry, (request) => request)] })
      const client = harness.client(server)
      assert.deepEqual(await client.request(greet, { name: 'you' }), { text: 'hello you' })
      const { payload } = await client.request(carry, { payload: Uint8Array.of(0, 255, 7) })
      assert.deepEqual([...payload], [0, 255, 7])
    },
  },
  {
    name: 'requests that come before there is a connection share one',
    async run(harness) {
      const server = await harness.serve()
      const { transport, connects } = counted(harness.underTest.transport)
      const client = harness.client(server, { transport })
      await Promise.all(Array.from({ length: 20 }, (_, i) => client.request(greet, { name: `${i}` })))
      assert.equal(connects(), 1)
    },
  },
  {
    name: 'an RpcError that a handler throws reaches the caller with code, message, details and retriable',
    async run(harness) {
      const handler = handle(greet, () => {
        throw new RpcError('TOPIC_EXISTS', 'there is one', { topic: 'a', partitions: 3 }, { retriable: true })
      })
      const client = harness.client(await harness.serve({ handlers: [handler] }))
      const error = await failure(client.request(greet, { name: 'you' }))
      assert.ok(error instanceof RpcError)
      assert.equal(error.code, 'TOPIC_EXISTS')
      assert.equal(error.message, 'there is one')
      assert.deepEqual(error.details, { topic: 'a', partitions: 3 })
      assert.equal(error.retriable, true)
      assert.equal(isOutcomeUnknown(error), false)
    },
  },
  {
    name: 'anything else a handler throws is logged on the server and reaches the caller as RPC_INTERNAL without a word of it',
    async run(harness) {
      const handler = handle(greet, () => {
        throw new Error('the secret of the server')
      })
      const errors: object[] = []
      const logger: Logger = { ...silentLogger, error: (fields) => errors.push(fields) }
      const client = harness.client(await harness.serve({ handlers: [handler], logger }))
      const error = await rejectsWithCode('RPC_INTERNAL', client.request(greet, { name: 'you' }))
      assert.doesNotMatch(JSON.stringify([error.message, error]), /secret/)
      assert.equal(isOutcomeUnknown(error), true)
      assert.equal(errors.length, 1)
    },
  },
  {
    name: 'a request that does not fit its schema is refused before the handler sees it',
    async run(harness) {
      let calls = 0
      const handler = handle(greet, () => {
        calls++
        return { text: '' }
      })
      const client = harness.client(await harness.serve({ handlers: [handler] }))
      const careless = defineApi({ ...greet, versions: [{ request: z.unknown(), response: z.unknown() }] })
      const error = await rejectsWithCode('RPC_INVALID_REQUEST', client.request(careless, { name: 7 }))
      assert.match(error.message, /name/)
      assert.equal(isOutcomeUnknown(error), false)
      assert.equal(calls, 0)
    },
  },
  {
    name: 'an answer that does not fit its schema is RPC_INVALID_RESPONSE, and what the server did is unknown',
    async run(harness) {
      const careless = defineApi({
        ...greet,
        versions: [{ request: z.unknown(), response: z.unknown() }],
      })
      const client = harness.client(
        await harness.serve({ handlers: [handle(careless, () => ({ text: 7 }))] }),
      )
      const error = await rejectsWithCode('RPC_INVALID_RESPONSE', client.request(greet, { name: 'you' }))
      assert.equal(isOutcomeUnknown(error), true)
    },
  },
  {
    name: 'the highest version both sides know is used, whichever side is older',
    async run(harness) {
      const any = { request: z.unknown(), response: z.unknown() }
      const versions = (min: number, max: number) =>
        defineApi({
          key: 7,
          name: 'v',
          minVersion: min,
          versions: Array.from({ length: max - min + 1 }, () => any),
        })
      const server = await harness.serve({ handlers: [handle(versions(1, 3), (_, { version }) => version)] })
      const client = harness.client(server)
      assert.equal(await client.request(versions(0, 2), null), 2)
      assert.equal(await client.request(versions(2, 9), null), 3)
      assert.equal(await client.request(versions(0, 1), null), 1)
      for (const apart of [versions(0, 0), versions(4, 5)]) {
        const error = await rejectsWithCode('RPC_UNSUPPORTED_VERSION', client.request(apart, null))
        assert.equal(isOutcomeUnknown(error), false)
      }
    },
  },
  {
    name: 'an API the server does not serve is RPC_UNKNOWN_API',
    async run(harness) {
      const client = harness.client(await harness.serve())
      const error = await rejectsWithCode(
        'RPC_UNKNOWN_API',
        client.request(carry, { payload: new Uint8Array(1) }),
      )
      assert.deepEqual(error.details, { apiKey: carry.key })
      assert.equal(isOutcomeUnknown(error), false)
    },
  },
  {
    name: 'a request without an answer in time is RPC_TIMEOUT, and its handler hears of it',
    async run(harness) {
      const { handler, called } = stuck()
      const clock = manualClock()
      const client = harness.client(await harness.serve({ handlers: [handler] }), { clock })
      const request = failure(client.request(greet, { name: 'you' }, { timeoutMs: 100 }))
      const signal = await called
      await clock.advance(99)
      assert.equal(signal.aborted, false)
      await clock.advance(1)
      const error = await request
      assert.equal((error as RpcError).code, 'RPC_TIMEOUT')
      assert.equal(isOutcomeUnknown(error), true)
      await aborted(signal)
    },
  },
  {
    name: 'an aborted request rejects with the reason of its signal, and its handler hears of it',
    async run(harness) {
      const { handler, called } = stuck()
      const client = harness.client(await harness.serve({ handlers: [handler] }))
      const controller = new AbortController()
      const request = failure(client.request(greet, { name: 'you' }, { signal: controller.signal }))
      const signal = await called
      const reason = new Error('not any more')
      controller.abort(reason)
      assert.equal(await request, reason)
      await aborted(signal)
    },
  },
  {
    name: 'when the server goes, requests under way reject at once, and the next one learns at once that nobody listens',
    async run(harness) {
      const { handler, called } = stuck()
      const server = await harness.serve({ handlers: [handler] })
      const clock = manualClock()
      const { transport, connects } = counted(harness.underTest.transport)
      const client = harness.client(server, { clock, transport })
      const request = failure(client.request(greet, { name: 'you' }))
      await called
      await server.close()
      const disconnected = await request
      assert.equal((disconnected as TransportError).code, 'TRANSPORT_DISCONNECTED')
      assert.equal(isOutcomeUnknown(disconnected), true)

      const refused = await failure(client.request(greet, { name: 'you' }))
      assert.equal((refused as TransportError).code, 'TRANSPORT_REFUSED')
      assert.equal(isOutcomeUnknown(refused), false)
      assert.equal(connects(), 2)

      // While it backs off it does not try again: it says what it knows.
      assert.equal(await failure(client.request(greet, { name: 'you' })), refused)
      assert.equal(connects(), 2)

      await harness.serve({ address: server.address })
      await clock.advance(1_000)
      assert.deepEqual(await client.request(greet, { name: 'you' }), { text: 'hello you' })
    },
  },
  {
    name: 'closing the client rejects what waits and refuses what comes',
    async run(harness) {
      const { handler, called } = stuck()
      const client = harness.client(await harness.serve({ handlers: [handler] }))
      const request = failure(client.request(greet, { name: 'you' }))
      await called
      await Promise.all([client.close(), client.close()])
      assert.equal(((await request) as TransportError).code, 'TRANSPORT_DISCONNECTED')
      await rejectsWithCode('RPC_CLOSED', client.request(greet, { name: 'you' }))
    },
  },
  {
    name: 'both sides refuse more requests than they may have under way',
    async run(harness) {
      const { handler, called } = stuck()
      const server = await harness.serve({ handlers: [handler], maxInFlightRequests: 2 })
      const modest = harness.client(server, { maxInFlightRequests: 1 })
      const eager = harness.client(server)
      const first = failure(modest.request(greet, { name: 'you' }))
      await called
      await rejectsWithCode('RPC_OVERLOADED', modest.request(greet, { name: 'you' }))
      // The exchange of versions is a request too, and has to find room.
      const both = [eager.request(greet, { name: 'you' }), eager.request(greet, { name: 'you' })].map(failure)
      const overloaded = (await Promise.race(both)) as RpcError
      assert.equal(overloaded.code, 'RPC_OVERLOADED')
      assert.equal(overloaded.retriable, true)
      assert.equal(isOutcomeUnknown(overloaded), false)
      await server.close()
      await Promise.all([first, ...both])
    },
  },
  {
    name: 'a frame that is no request is refused, and the server carries on',
    async run(harness) {
      const server = await harness.serve()
      const connection = await harness.underTest.transport.connect(server.address)
      for (const frame of [
        [],
        [0xc1],
        [0x93, 0x01],
        [0x90],
        [0x81, 0xa1, 0x61, 0x01],
        [0xdd, 0xff, 0xff, 0xff, 0xff],
      ]) {
        const answer = await connection.request(Uint8Array.from(frame))
        assert.match(Buffer.from(answer).toString('latin1'), /RPC_INVALID_REQUEST/)
      }
      await connection.close()
      assert.deepEqual(await harness.client(server).request(greet, { name: 'you' }), { text: 'hello you' })
    },
  },
]

/** Runs one scenario on a transport of its own. */
export async function runRpcScenario(scenario: RpcScenario, underTest: TransportUnderTest): Promise<void> {
  const harness = new RpcHarness(underTest)
  try {
    await scenario.run(harness)
  } finally {
    await harness.close()
  }
}

/** A handler of `greet` that never answers, and the signal it was given. */
function stuck(): { handler: ReturnType<typeof handle>; called: Promise<AbortSignal> } {
  const { promise, resolve } = Promise.withResolvers<AbortSignal>()
  const handler = handle(greet, async (_, { signal }) => {
    resolve(signal)
    await aborted(signal)
    throw signal.reason
  })
  return { handler, called: promise }
}

function counted(transport: Transport): { transport: Transport; connects: () => number } {
  let count = 0
  return {
    connects: () => count,
    transport: {
      listen: (address, handler) => transport.listen(address, handler),
      connect(address, options) {
        count++
        return transport.connect(address, options)
      },
    },
  }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(outcome !== undefined, 'the request fails')
  return outcome
}

async function rejectsWithCode(code: string, promise: Promise<unknown>): Promise<RpcError> {
  const error = await failure(promise)
  assert.ok(error instanceof RpcError, `an RpcError, not ${String(error)}`)
  assert.equal(error.code, code)
  return error
}
