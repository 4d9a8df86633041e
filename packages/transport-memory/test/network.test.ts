import { TransportError } from '@quorate/transport'
import type { Connection, Listener, RequestHandler } from '@quorate/transport'
import { manualClock } from '@quorate/transport/testing'
import t from 'tap'
import { memoryNetwork } from '../src/index.ts'
import type { MemoryNetwork, MemoryNetworkOptions } from '../src/index.ts'

const echo: RequestHandler = async (frame) => frame
const frame = Uint8Array.of(7)

/** Random numbers that come out the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** `b` listens, `a` is connected to it. */
async function pair(
  network: MemoryNetwork,
  handler = echo,
): Promise<{ listener: Listener; connection: Connection }> {
  const listener = await network.transport('b').listen('b', handler)
  return { listener, connection: await network.transport('a').connect('b') }
}

/** What became of `promise` so far: its value, its error, or `pending`. */
async function stateOf<T>(promise: Promise<T>): Promise<unknown> {
  const settled = promise.then(
    (value) => value,
    (error: unknown) => (error instanceof TransportError ? error.code : error),
  )
  const nextTurn = new Promise((resolve) => {
    setImmediate(resolve, 'pending')
  })
  return Promise.race([settled, nextTurn])
}

t.test('without latency an answer takes microtasks and no timer', async (t) => {
  const clock = manualClock()
  const { connection } = await pair(memoryNetwork({ clock }))
  t.strictSame(await stateOf(connection.request(frame)), frame)
  t.equal(clock.pendingTimers, 0)
})

t.test('latency is paid once each way', async (t) => {
  const clock = manualClock()
  const network = memoryNetwork({ clock, latencyMs: 10 })
  await network.transport('b').listen('b', echo)
  const connecting = network.transport('a').connect('b')
  await clock.advance(20)
  const connection = await connecting
  const request = connection.request(frame)
  await clock.advance(19)
  t.equal(await stateOf(request), 'pending')
  await clock.advance(1)
  t.strictSame(await stateOf(request), frame)
})

t.test('a blocked direction is silence: requests hang, and the connection stays', async (t) => {
  const clock = manualClock()
  const network = memoryNetwork({ clock })
  let calls = 0
  const { connection } = await pair(network, async (frame) => {
    calls++
    return frame
  })
  network.block('a', 'b')
  const lostRequest = connection.request(frame)
  t.equal(await stateOf(lostRequest), 'pending')
  t.equal(calls, 0, 'the request did not arrive')

  network.unblock('a', 'b')
  network.block('b', 'a')
  const lostAnswer = connection.request(frame)
  t.equal(await stateOf(lostAnswer), 'pending')
  t.equal(calls, 1, 'the request arrived, its answer did not')

  network.heal()
  t.strictSame(await connection.request(frame), frame)
  t.equal(await stateOf(lostRequest), 'pending', 'what was lost stays lost')
})

t.test('what is on its way when a partition begins does not arrive', async (t) => {
  const clock = manualClock()
  const network = memoryNetwork({ clock, latencyMs: 10 })
  let calls = 0
  await network.transport('b').listen('b', async (frame) => {
    calls++
    return frame
  })
  const connecting = network.transport('a').connect('b')
  await clock.advance(20)
  const request = (await connecting).request(frame)
  await clock.advance(5)
  network.partition(['a'], ['b'])
  await clock.advance(100)
  t.equal(await stateOf(request), 'pending')
  t.equal(calls, 0)
})

t.test(
  'a connect across a partition is TRANSPORT_UNREACHABLE after connectTimeoutMs, whichever way is cut',
  async (t) => {
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const clock = manualClock()
      const network = memoryNetwork({ clock, connectTimeoutMs: 300 })
      await network.transport('b').listen('b', echo)
      network.block(from, to)
      const connecting = network.transport('a').connect('b')
      await clock.advance(299)
      t.equal(await stateOf(connecting), 'pending')
      await clock.advance(1)
      t.equal(await stateOf(connecting), 'TRANSPORT_UNREACHABLE')
    }
  },
)

t.test('a partition separates its groups and nobody else', async (t) => {
  const network = memoryNetwork({ clock: manualClock() })
  for (const name of ['a', 'b', 'c']) await network.transport(name).listen(name, echo)
  network.partition(['a', 'b'], ['c'])
  const reaches = async (from: string, to: string): Promise<boolean> =>
    (await stateOf(network.transport(from).connect(to))) !== 'pending'
  t.equal(await reaches('a', 'b'), true)
  t.equal(await reaches('a', 'c'), false)
  t.equal(await reaches('c', 'b'), false)
  t.equal(await reaches('bystander', 'c'), true)
})

t.test('a killed host resets its connections, refuses new ones, and can be started again', async (t) => {
  const network = memoryNetwork()
  const server = network.transport('b')
  await server.listen('b', () => new Promise(() => undefined))
  const connection = await network.transport('a').connect('b')
  const request = connection.request(frame)
  network.kill('b')
  await t.rejects(request, { code: 'TRANSPORT_DISCONNECTED' })
  await t.rejects(network.transport('a').connect('b'), { code: 'TRANSPORT_REFUSED' })
  await t.rejects(server.listen('b', echo), { code: 'TRANSPORT_CLOSED' }, 'the old process is dead for good')

  await network.transport('b').listen('b', echo)
  const again = await network.transport('a').connect('b')
  t.strictSame(await again.request(frame), frame)
})

t.test('killing a host aborts what it had asked others', async (t) => {
  const network = memoryNetwork()
  const { promise: called, resolve } = Promise.withResolvers<AbortSignal>()
  const { connection } = await pair(network, (_, { signal }) => {
    resolve(signal)
    return new Promise(() => undefined)
  })
  const request = connection.request(frame)
  const signal = await called
  network.kill('a')
  await t.rejects(request, { code: 'TRANSPORT_DISCONNECTED' })
  t.equal(await stateOf(Promise.resolve(signal.aborted)), true)
})

t.test('behind a partition nobody hears of a death; after it heals, the next request does', async (t) => {
  const network = memoryNetwork()
  const { connection } = await pair(network)
  network.partition(['a'], ['b'])
  network.kill('b')
  const request = connection.request(frame)
  t.equal(await stateOf(request), 'pending')
  network.heal()
  t.equal(await stateOf(connection.request(frame)), 'TRANSPORT_DISCONNECTED')
  await t.rejects(request, { code: 'TRANSPORT_DISCONNECTED' })
})

t.test('a lost frame breaks its connection, or is never heard of', async (t) => {
  for (const [lossMode, expected] of [
    ['reset', 'TRANSPORT_DISCONNECTED'],
    ['silence', 'pending'],
  ] as const) {
    const losses = [0.9, 0.9, 0]
    const network = memoryNetwork({ random: () => losses.shift() ?? 0, lossRate: 0.5, lossMode })
    const { connection } = await pair(network)
    t.equal(await stateOf(connection.request(frame)), expected, lossMode)
  }
})

t.test('the same seed gives the same run, another seed another', async (t) => {
  const options = { latencyMs: { minMs: 1, meanMs: 20 }, lossRate: 0.1, lossMode: 'silence' } as const
  async function run(seed: number): Promise<string> {
    const clock = manualClock()
    const network = memoryNetwork({ clock, random: seeded(seed), ...options } satisfies MemoryNetworkOptions)
    const events: string[] = []
    await network.transport('b').listen('b', async (frame) => {
      events.push(`${clock.now()} got ${frame[0]}`)
      return frame
    })
    let connection: Connection | undefined
    while (connection === undefined) {
      const connecting = network.transport('a').connect('b')
      const attempt = connecting.catch(() => undefined)
      await clock.advance(5_000)
      connection = await attempt
    }
    for (let i = 0; i < 20; i++) {
      void connection
        .request(Uint8Array.of(i))
        .then((answer) => events.push(`${clock.now()} done ${answer[0]}`))
    }
    await clock.advance(1_000)
    return events.join('\n')
  }
  const first = await run(11)
  t.equal(await run(11), first)
  t.not(await run(12), first)
  const order = [...first.matchAll(/got (\d+)/g)].map((match) => Number(match[1]))
  t.ok(order.length > 10 && order.length < 20, 'some frames were lost')
  t.notSame(
    order,
    order.toSorted((a, b) => a - b),
    'frames overtake',
  )
})

t.test('requests beyond maxPendingRequests are refused and not sent', async (t) => {
  const network = memoryNetwork({ maxPendingRequests: 1 })
  const { connection } = await pair(network)
  const first = connection.request(frame)
  await t.rejects(connection.request(frame), { code: 'TRANSPORT_OVERLOADED' })
  t.strictSame(await first, frame)
})

t.test('options that are wrong are a TypeError that names them', async (t) => {
  t.throws(() => memoryNetwork({ lossRate: 2 }), { name: 'TypeError', message: /lossRate/ })
  t.throws(() => memoryNetwork({ latencyMs: { minMs: 2, meanMs: 1 } }), {
    name: 'TypeError',
    message: /latencyMs/,
  })
})
