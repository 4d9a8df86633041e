import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { silentLogger } from '@quorate/transport'
import type { Listener, Logger, RequestHandler } from '@quorate/transport'
import { manualClock } from '@quorate/transport/testing'
import t from 'tap'
import { tcp } from '../src/index.ts'
import type { TcpOptions } from '../src/index.ts'
import { PREAMBLE } from '../src/preamble.ts'

const echo: RequestHandler = async (frame) => frame

/** A logger that remembers the codes of the errors it was told of. */
function recorder(): { logger: Logger; codes: string[] } {
  const codes: string[] = []
  const record = (fields: object): void => {
    codes.push((fields as { err: { code: string } }).err.code)
  }
  return { codes, logger: { ...silentLogger, warn: record, error: record } }
}

/** A listener on loopback and a bare socket to it, both closed with the test. */
async function bare(
  t: { teardown(fn: () => unknown): void },
  options: TcpOptions,
  handler = echo,
): Promise<{ listener: Listener; socket: Socket; gone: Promise<unknown> }> {
  const listener = await tcp(options).listen('127.0.0.1:0', handler)
  const socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1')
  const gone = new Promise((resolve) => {
    socket.on('error', () => undefined).on('close', resolve)
  })
  t.teardown(async () => {
    socket.destroy()
    await listener.close()
  })
  await once(socket, 'connect')
  return { listener, socket, gone }
}

/** A server that is not ours; `greet` is what it does with a connection. */
async function foreign(
  t: { teardown(fn: () => unknown): void },
  greet: (socket: Socket) => void,
): Promise<string> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined))
    greet(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function request(id: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(9)
  header.writeUInt32BE(5 + payload.length)
  header.writeUInt8(1, 4)
  header.writeUInt32BE(id, 5)
  return Buffer.concat([header, payload])
}

t.test('a foreign client is turned away with one clear warning', async (t) => {
  const { logger, codes } = recorder()
  const { socket, gone } = await bare(t, { logger })
  socket.resume().write('GET / HTTP/1.1\r\n\r\n')
  await gone
  t.strictSame(codes, ['TRANSPORT_PROTOCOL'])
})

t.test('a client of another protocol version is turned away', async (t) => {
  const { logger, codes } = recorder()
  const { socket, gone } = await bare(t, { logger })
  socket.resume().write(Uint8Array.of(0x51, 0x55, 0x4f, 0x52, 0, 2, 0, 0))
  await gone
  t.strictSame(codes, ['TRANSPORT_PROTOCOL'])
})

t.test('a foreign server is TRANSPORT_PROTOCOL, one that hangs up TRANSPORT_UNREACHABLE', async (t) => {
  const talker = await foreign(t, (socket) => void socket.write('220 mail.example ESMTP\r\n'))
  await t.rejects(tcp().connect(talker), { code: 'TRANSPORT_PROTOCOL' })
  const quitter = await foreign(t, (socket) => void socket.destroy())
  await t.rejects(tcp().connect(quitter), { code: 'TRANSPORT_UNREACHABLE' })
})

t.test(
  'a server that accepts and says nothing is TRANSPORT_UNREACHABLE after connectTimeoutMs',
  async (t) => {
    const accepted = Promise.withResolvers<void>()
    const address = await foreign(t, () => accepted.resolve())
    const clock = manualClock()
    const connecting = tcp({ clock, connectTimeoutMs: 300 }).connect(address)
    const outcome = t.rejects(connecting, { code: 'TRANSPORT_UNREACHABLE' })
    await accepted.promise
    await clock.advance(300)
    await outcome
  },
)

t.test('an abort while connecting rejects with the reason', async (t) => {
  const accepted = Promise.withResolvers<void>()
  const address = await foreign(t, () => accepted.resolve())
  const controller = new AbortController()
  const outcome = t.rejects(tcp().connect(address, { signal: controller.signal }), { message: 'enough' })
  await accepted.promise
  controller.abort(new Error('enough'))
  await outcome
})

t.test('a client that says nothing is closed after handshakeTimeoutMs', async (t) => {
  const clock = manualClock()
  const { logger, codes } = recorder()
  const { socket, gone } = await bare(t, { clock, logger, handshakeTimeoutMs: 200 })
  await once(socket, 'data')
  await clock.advance(200)
  await gone
  t.strictSame(codes, ['TRANSPORT_PROTOCOL'])
})

t.test('a frame that begins and does not go on closes its connection after frameTimeoutMs', async (t) => {
  const clock = manualClock()
  const { logger, codes } = recorder()
  const { socket, gone } = await bare(t, { clock, logger, frameTimeoutMs: 200 })
  // The echo of the whole frame proves that the half one behind it has been read.
  socket.write(
    Buffer.concat([PREAMBLE, request(1, Uint8Array.of(7)), request(2, new Uint8Array(50)).subarray(0, 20)]),
  )
  let received = 0
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received += chunk.length
    if (received === PREAMBLE.length + 10) break
  }
  socket.resume()
  await clock.advance(199)
  t.equal(codes.length, 0)
  await clock.advance(1)
  await gone
  t.strictSame(codes, ['TRANSPORT_PROTOCOL'])
})

t.test('a connection over maxConnections is closed before it is ready', async (t) => {
  const listener = await tcp({ maxConnections: 1 }).listen('127.0.0.1:0', echo)
  t.teardown(() => listener.close())
  const first = await tcp().connect(listener.address)
  await t.rejects(tcp().connect(listener.address), { code: 'TRANSPORT_UNREACHABLE' })
  t.equal((await first.request(Uint8Array.of(5)))[0], 5)
})

t.test(
  'no more than maxInFlightRequests handlers run for one connection, and all requests are answered',
  async (t) => {
    let running = 0
    let most = 0
    const listener = await tcp({ maxInFlightRequests: 3 }).listen('127.0.0.1:0', async (frame) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      running--
      return frame
    })
    t.teardown(() => listener.close())
    const connection = await tcp().connect(listener.address)
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => connection.request(Uint8Array.of(i))),
    )
    t.strictSame(
      answers.map((answer) => answer[0]),
      [...answers.keys()],
    )
    t.equal(most, 3)
  },
)

t.test('a peer that asks and does not read is cut off before its answers fill the memory', async (t) => {
  const { promise: closed, resolve } = Promise.withResolvers<string>()
  const logger: Logger = {
    ...silentLogger,
    warn: (fields) => resolve((fields as { err: { code: string } }).err.code),
  }
  const limits = { maxFrameBytes: 1024 * 1024, maxWriteQueueBytes: 4 * 1024 * 1024 }
  const { socket } = await bare(t, { logger, ...limits }, async () => new Uint8Array(limits.maxFrameBytes))
  socket.pause()
  socket.write(PREAMBLE)
  socket.write(Buffer.concat(Array.from({ length: 100 }, (_, i) => request(i, new Uint8Array(1)))))
  t.equal(await closed, 'TRANSPORT_OVERLOADED')
})

t.test('requests beyond maxPendingRequests are refused and not sent', async (t) => {
  let calls = 0
  const listener = await tcp().listen('127.0.0.1:0', async (frame) => {
    calls++
    return frame
  })
  t.teardown(() => listener.close())
  const connection = await tcp({ maxPendingRequests: 1 }).connect(listener.address)
  const first = connection.request(new Uint8Array(1))
  await t.rejects(connection.request(new Uint8Array(1)), { code: 'TRANSPORT_OVERLOADED' })
  await first
  t.equal(calls, 1)
})

t.test('an address that the machine does not have, or no port, is TRANSPORT_ADDRESS_INVALID', async (t) => {
  await t.rejects(tcp().listen('192.0.2.1:0', echo), { code: 'TRANSPORT_ADDRESS_INVALID' })
  await t.rejects(tcp().connect('127.0.0.1:0'), { code: 'TRANSPORT_ADDRESS_INVALID' })
})

t.test('options that are wrong are a TypeError that names them', async (t) => {
  t.throws(() => tcp({ maxFrameBytes: 0 }), { name: 'TypeError', message: /maxFrameBytes/ })
  t.throws(() => tcp({ maxWriteQueueBytes: 1 }), { name: 'TypeError', message: /maxWriteQueueBytes/ })
  t.throws(() => tcp({ maxFrameByts: 1 } as TcpOptions), { name: 'TypeError', message: /maxFrameByts/ })
})

t.test('close delivers the answers that were given before it', async (t) => {
  const answered = Promise.withResolvers<void>()
  const listener = await tcp().listen('127.0.0.1:0', async () => {
    setImmediate(answered.resolve)
    return new Uint8Array(1024 * 1024)
  })
  const connection = await tcp().connect(listener.address)
  const request = connection.request(new Uint8Array(1))
  await answered.promise
  await listener.close()
  t.equal((await request).byteLength, 1024 * 1024)
})

t.test('close does not wait longer than closeTimeoutMs for a peer that does not read', async (t) => {
  const clock = manualClock()
  const answered = Promise.withResolvers<void>()
  const limits = { maxFrameBytes: 32 * 1024 * 1024, maxWriteQueueBytes: 32 * 1024 * 1024 }
  const { listener, socket } = await bare(t, { clock, closeTimeoutMs: 400, ...limits }, async () => {
    setImmediate(answered.resolve)
    return new Uint8Array(limits.maxFrameBytes)
  })
  socket.pause()
  socket.write(Buffer.concat([PREAMBLE, request(1, new Uint8Array(1))]))
  await answered.promise
  let closed = false
  const closing = listener.close().then(() => {
    closed = true
  })
  await clock.advance(399)
  t.equal(closed, false)
  await clock.advance(1)
  await closing
})

t.test(
  'a write queue smaller than the buffers of the socket does not stop a connection for good',
  async (t) => {
    const small = tcp({ maxFrameBytes: 8_000, maxWriteQueueBytes: 8_000 })
    const listener = await small.listen('127.0.0.1:0', async () => new Uint8Array(6_000))
    t.teardown(() => listener.close())
    const connection = await tcp().connect(listener.address)
    for (let i = 0; i < 5; i++) t.equal((await connection.request(new Uint8Array(1))).length, 6_000)
  },
)
