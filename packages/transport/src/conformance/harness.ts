import assert from 'node:assert/strict'
import { TransportError } from '../errors.ts'
import type { TransportErrorCode } from '../errors.ts'
import type { Address, Connection, Listener, RequestHandler, Transport } from '../transport.ts'

/** One transport to try, fresh for each scenario. */
export interface TransportUnderTest {
  readonly transport: Transport
  /** Its frame limit. A small one, such as 1 MiB, keeps the suite quick. */
  readonly maxFrameBytes: number
  /** An address nobody listens at, different with every call. */
  readonly address: () => Address | Promise<Address>
  /** A second transport that reaches the first one's listeners and has at least twice its frame limit. */
  readonly generous?: Transport
  /** Called after the scenario, whatever became of it. */
  readonly teardown: () => void | Promise<void>
}

/** What not every transport can do. A scenario that needs what is not supported is left out. */
export interface TransportSupports {
  /** Turns an address that ends in `:0` into one nobody else has, and says which. @default false */
  readonly ephemeralAddress?: boolean
  /** `create` gives a `generous` transport. @default false */
  readonly generous?: boolean
}

/** One rule of the port. */
export interface Scenario {
  readonly name: string
  readonly needs?: keyof TransportSupports
  run(harness: Harness): Promise<void>
}

/** A transport under test that closes what a scenario opened. */
export class Harness {
  readonly underTest: TransportUnderTest
  readonly #opened: (Listener | Connection)[] = []

  constructor(underTest: TransportUnderTest) {
    this.underTest = underTest
  }

  async listen(handler: RequestHandler): Promise<Listener> {
    const listener = await this.underTest.transport.listen(await this.underTest.address(), handler)
    this.#opened.push(listener)
    return listener
  }

  async connect({ address }: Listener, transport = this.underTest.transport): Promise<Connection> {
    const connection = await transport.connect(address)
    this.#opened.push(connection)
    return connection
  }

  /** A listener with `handler` and one connection to it. */
  async pair(handler: RequestHandler): Promise<{ listener: Listener; connection: Connection }> {
    const listener = await this.listen(handler)
    return { listener, connection: await this.connect(listener) }
  }

  async close(): Promise<void> {
    for (const resource of this.#opened.toReversed()) await resource.close()
    await this.underTest.teardown()
  }
}

/** Answers with what it was asked. */
export const echo: RequestHandler = async (frame) => frame

/** Never answers; stops when nobody waits any more. */
export const silence: RequestHandler = (_, { signal }) =>
  new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })

/** A handler with `answer`, and a promise of the first time it is called. */
export function observed(answer: RequestHandler): { handler: RequestHandler; called: Promise<AbortSignal> } {
  const { promise, resolve } = Promise.withResolvers<AbortSignal>()
  return {
    called: promise,
    handler: (frame, context) => {
      resolve(context.signal)
      return answer(frame, context)
    },
  }
}

/** Asserts that `promise` rejects with a TransportError of `code`. */
export async function rejectsWith(code: TransportErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof TransportError, `a TransportError, not ${String(error)}`)
    assert.equal(error.code, code)
    return true
  })
}

/** Resolves once `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Lets everything happen that needs no more than the event loop's next turns. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

/** Bytes that differ from place to place, so that a mix-up shows. */
export function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) + seed) & 0xff
  return bytes
}
