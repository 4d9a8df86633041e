import { setTimeout as delay } from 'node:timers/promises'
import { KeyValueClient } from '@quorate/example-raft-kv/client'

/** A write, as the client that called for it saw it. Times in milliseconds on `performance.now`. */
export interface Write {
  readonly key: string
  readonly invokedMs: number
  returnedMs: number
  /** Its offset in the log, once it is known to be committed. */
  revision: number | undefined
}

/** Milliseconds a client pauses after each write. */
const pauseMs = 5

/** Clients that write without end, each a key of its own. */
export class Load {
  readonly #addresses: readonly string[]
  readonly #stop = new AbortController()
  readonly #clients: Promise<void>[]
  #writes: Write[] = []
  #lastCommitMs = 0

  constructor(addresses: readonly string[], clients: number) {
    this.#addresses = addresses
    this.#clients = Array.from({ length: clients }, (_, client) => this.#run(`key-${client}`))
  }

  /** When a write was last seen to be committed. */
  get lastCommitMs(): number {
    return this.#lastCommitMs
  }

  /** The newest write to each key that is known to be committed. */
  newest(): ReadonlyMap<string, Write> {
    const committed = this.#writes.filter(({ revision }) => revision !== undefined)
    return new Map(committed.map((write) => [write.key, write]))
  }

  /** Whether a write was committed that was called for after `atMs`. */
  hasCommitCalledAfter(atMs: number): boolean {
    return this.#writes.some(({ invokedMs, revision }) => invokedMs > atMs && revision !== undefined)
  }

  /** Longest time without a commit since `sinceMs`, counted from the last commit before. */
  longestGapMs(sinceMs: number): number {
    const commits = this.#writes
      .filter(({ revision }) => revision !== undefined)
      .map(({ returnedMs }) => returnedMs)
      .toSorted((a, b) => a - b)
    const first = Math.max(
      0,
      commits.findLastIndex((atMs) => atMs < sinceMs),
    )
    let longest = 0
    for (let index = first + 1; index < commits.length; index += 1) {
      longest = Math.max(longest, commits[index]! - commits[index - 1]!)
    }
    return longest
  }

  /** How long after `atMs` the last of those that were under way then had its outcome. `Infinity` if one still has none. */
  slowestInFlightMs(atMs: number): number {
    const inFlight = this.#writes.filter(({ invokedMs, returnedMs }) => invokedMs < atMs && returnedMs > atMs)
    return Math.max(0, ...inFlight.map(({ returnedMs }) => returnedMs - atMs))
  }

  /** Forgets what was measured. Writes under way are kept. */
  forget(): void {
    const newest = new Set(this.newest().values())
    this.#writes = this.#writes.filter((write) => write.returnedMs === Infinity || newest.has(write))
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#clients)
  }

  async #run(key: string): Promise<void> {
    const client = new KeyValueClient({ addresses: this.#addresses, callTimeoutMs: 10_000 })
    for (let value = 0; !this.#stop.signal.aborted; value += 1) {
      const write: Write = { key, invokedMs: performance.now(), returnedMs: Infinity, revision: undefined }
      this.#writes.push(write)
      const outcome = await client.put(key, String(value))
      write.returnedMs = performance.now()
      if (outcome.is === 'done') {
        write.revision = outcome.revision
        this.#lastCommitMs = write.returnedMs
      }
      await delay(pauseMs)
    }
    client.close()
  }
}
