import {
  functionOption,
  parseOptions,
  portOption,
  systemClock,
  systemRandom,
  TransportError,
} from '@quorate/transport'
import type { Address, Clock, Connection, Random, Transport } from '@quorate/transport'
import { z } from 'zod'
import { Host } from './host.ts'
import type { MemoryListener, Surroundings } from './host.ts'
import { Links } from './links.ts'
import type { Latency, LossMode } from './links.ts'

/** Options of {@link memoryNetwork}. */
export interface MemoryNetworkOptions {
  /** Used for latency and for the time-out of a connect that meets silence, and for nothing else. @default systemClock */
  readonly clock?: Clock
  /** Used for latency and loss. @default systemRandom */
  readonly random?: Random
  /** Milliseconds a frame takes, one way. 0 takes microtasks and no timer. @default 0 */
  readonly latencyMs?: Latency
  /** Share of frames that are lost, 0 to 1. @default 0 */
  readonly lossRate?: number
  /** What a lost frame looks like. @default 'reset' */
  readonly lossMode?: LossMode
  /** Milliseconds until a connect that meets silence fails with TRANSPORT_UNREACHABLE. @default 5_000 */
  readonly connectTimeoutMs?: number
  /** Largest frame, either way. @default 16_777_216 */
  readonly maxFrameBytes?: number
  /** Requests that may wait for their answers on one connection; more get TRANSPORT_OVERLOADED. @default 65_536 */
  readonly maxPendingRequests?: number
}

/** A network inside this process; made by {@link memoryNetwork}. */
export interface MemoryNetwork {
  /**
   * A new process on the host `name`. Any number may share a host; they share its fate.
   *
   * @param name @default 'localhost'
   */
  transport(name?: string): Transport
  /**
   * From now on hosts in different groups cannot reach each other; hosts in no group are not affected. What crosses the
   * border is lost in silence: connections stay up, requests hang.
   */
  partition(...groups: readonly (readonly string[])[]): void
  /** From now on nothing gets from `from` to `to`. The other way stays as it is. */
  block(from: string, to: string): void
  /** Takes back one {@link block}. */
  unblock(from: string, to: string): void
  /** Takes back every partition and block. What was lost stays lost. */
  heal(): void
  /**
   * Every process on `name` dies: its connections are reset, its listeners refuse. A transport made for the host
   * afterwards is a new process; the old one throws TRANSPORT_CLOSED.
   */
  kill(name: string): void
}

const optionsSchema = z.strictObject({
  clock: portOption<Clock>('now', 'setTimer').default(systemClock),
  random: functionOption<Random>().default(() => systemRandom),
  latencyMs: z
    .union([
      z.number().nonnegative(),
      z
        .strictObject({ minMs: z.number().nonnegative(), meanMs: z.number().nonnegative() })
        .refine(({ minMs, meanMs }) => minMs <= meanMs, { error: 'minMs must not be above meanMs' }),
    ])
    .default(0),
  lossRate: z.number().min(0).max(1).default(0),
  lossMode: z.enum(['silence', 'reset']).default('reset'),
  connectTimeoutMs: z.number().positive().default(5_000),
  maxFrameBytes: z
    .int()
    .positive()
    .default(16 * 1024 * 1024),
  maxPendingRequests: z.int().positive().default(65_536),
})

/**
 * Makes a network. With a clock and randomness of your own it does the same every time.
 *
 * An address is any name that is not empty. One that ends in `:0` gets a number nobody else has.
 *
 * @throws TypeError for options that are wrong
 */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new Network(parseOptions('memoryNetwork', optionsSchema, options))
}

class Network implements MemoryNetwork, Surroundings {
  readonly links: Links
  readonly maxFrameBytes: number
  readonly maxPendingRequests: number
  readonly #clock: Clock
  readonly #connectTimeoutMs: number
  readonly #hosts = new Set<Host>()
  readonly #listeners = new Map<Address, MemoryListener>()
  /** Whose an address is, also while nobody listens there: a refusal has to find its way back. */
  readonly #owners = new Map<Address, string>()
  #lastPort = 0

  constructor(options: z.output<typeof optionsSchema>) {
    this.links = new Links(options)
    this.maxFrameBytes = options.maxFrameBytes
    this.maxPendingRequests = options.maxPendingRequests
    this.#clock = options.clock
    this.#connectTimeoutMs = options.connectTimeoutMs
  }

  transport(name = 'localhost'): Transport {
    const host = new Host(name, this)
    this.#hosts.add(host)
    return host
  }

  partition(...groups: readonly (readonly string[])[]): void {
    for (const [i, group] of groups.entries()) {
      const others = groups.filter((_, j) => j !== i).flat()
      for (const from of group) for (const to of others) this.block(from, to)
    }
  }

  block(from: string, to: string): void {
    this.links.block(from, to)
  }

  unblock(from: string, to: string): void {
    this.links.unblock(from, to)
  }

  heal(): void {
    this.links.unblockAll()
  }

  kill(name: string): void {
    for (const host of this.#hosts) {
      if (host.name !== name) continue
      this.#hosts.delete(host)
      host.kill()
    }
  }

  bind(address: Address, listener: MemoryListener): Address {
    if (address === '') throw new TransportError('TRANSPORT_ADDRESS_INVALID', 'an address must not be empty')
    const ephemeral = address.endsWith(':0')
    const bound = ephemeral ? `${address.slice(0, -1)}${++this.#lastPort}` : address
    if (this.#listeners.has(bound)) {
      throw new TransportError('TRANSPORT_ADDRESS_IN_USE', `somebody listens at ${bound} already`)
    }
    this.#listeners.set(bound, listener)
    this.#owners.set(bound, listener.host.name)
    return bound
  }

  unbind(listener: MemoryListener): void {
    if (this.#listeners.get(listener.address) === listener) this.#listeners.delete(listener.address)
  }

  async dial(from: Host, address: Address, signal: AbortSignal | undefined): Promise<Connection> {
    const owner = this.#owners.get(address) ?? address
    const { promise, resolve, reject } = Promise.withResolvers<MemoryListener>()
    const timeoutMs = this.#connectTimeoutMs
    const cancelTimer = this.#clock.setTimer(timeoutMs, () =>
      reject(new TransportError('TRANSPORT_UNREACHABLE', `no word from ${address} within ${timeoutMs} ms`)),
    )
    const abort = (): void => reject(signal?.reason as Error)
    const reset = (): void =>
      reject(new TransportError('TRANSPORT_UNREACHABLE', `the network lost the way to ${address}`))
    signal?.addEventListener('abort', abort, { once: true })

    const answer = (): void => {
      const listener = this.#listeners.get(address)
      if (listener !== undefined) resolve(listener)
      else reject(new TransportError('TRANSPORT_REFUSED', `nobody listens at ${address}`))
    }
    const arrive = (): void => this.links.carry(owner, from.name, answer, reset)
    this.links.carry(from.name, owner, arrive, reset)
    try {
      const listener = await promise
      signal?.throwIfAborted()
      return from.join(listener)
    } finally {
      cancelTimer()
      signal?.removeEventListener('abort', abort)
    }
  }
}
