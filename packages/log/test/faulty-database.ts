import { MemoryLevel } from 'memory-level'
import type { LogDatabase, Operation } from '../src/database.ts'

/** A database in memory that counts writes, holds them back, fails them, and whose values can be damaged. */
export class FaultyDatabase implements LogDatabase {
  readonly stored = new MemoryLevel()
  /** Operations of every write, in order. */
  readonly writes: Operation[][] = []
  /** What the next write fails with. */
  failure: Error | undefined
  /** The failing write is performed all the same. */
  persisted = false
  #gate: Promise<void> | undefined
  #open: (() => void) | undefined

  /** Holds back every write from now on, until `release` is called. */
  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    this.#open = resolve
  }

  release(): void {
    this.#gate = undefined
    this.#open?.()
  }

  /** Changes the stored value under `key`. */
  async change(key: Uint8Array, change: (value: Uint8Array) => Uint8Array | undefined): Promise<void> {
    const options = { keyEncoding: 'view', valueEncoding: 'view' } as const
    const value = change(Uint8Array.from((await this.stored.get<Uint8Array, Uint8Array>(key, options))!))
    if (value === undefined) await this.stored.del(key, options)
    else await this.stored.put(key, value, options)
  }

  open(options: { passive: boolean }): Promise<void> {
    return this.stored.open(options)
  }

  async batch(...[operations, options]: Parameters<LogDatabase['batch']>): Promise<void> {
    this.writes.push(operations)
    await this.#gate
    const { failure } = this
    this.failure = undefined
    if (failure === undefined || this.persisted) await (this.stored as LogDatabase).batch(operations, options)
    if (failure !== undefined) throw failure
  }

  get(...args: Parameters<LogDatabase['get']>): ReturnType<LogDatabase['get']> {
    return (this.stored as LogDatabase).get(...args)
  }

  has(...args: Parameters<LogDatabase['has']>): ReturnType<LogDatabase['has']> {
    return (this.stored as LogDatabase).has(...args)
  }

  keys(...args: Parameters<LogDatabase['keys']>): ReturnType<LogDatabase['keys']> {
    return (this.stored as LogDatabase).keys(...args)
  }

  values(...args: Parameters<LogDatabase['values']>): ReturnType<LogDatabase['values']> {
    return (this.stored as LogDatabase).values(...args)
  }

  iterator(...args: Parameters<LogDatabase['iterator']>): ReturnType<LogDatabase['iterator']> {
    return (this.stored as LogDatabase).iterator(...args)
  }
}
