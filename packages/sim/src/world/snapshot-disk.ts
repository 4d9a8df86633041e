import type { SnapshotInfo, Snapshots, SnapshotWriter } from '@quorate/log'
import { createMemorySnapshotDirectory, openMemorySnapshots } from '@quorate/log/memory'
import { sleep } from '@quorate/transport'
import type { SeededRandom } from '../random.ts'
import type { DiskSpeed } from './disk.ts'
import type { NodeClock } from './node-clock.ts'

/** What a disk for snapshots is made with. */
export interface SnapshotDiskOptions {
  readonly random: SeededRandom
  readonly speed: () => DiskSpeed
  /** A snapshot is complete. */
  readonly onComplete: () => void
}

/** A node's snapshots: the store in memory, slowed down so that a process can die at every step of making one. */
export class SnapshotDisk {
  readonly #options: SnapshotDiskOptions
  readonly #directory = createMemorySnapshotDirectory()
  #open: Snapshots | undefined
  /** The newest one when the store was last open. */
  #left: SnapshotInfo | undefined
  #hasDamage = false

  constructor(options: SnapshotDiskOptions) {
    this.#options = options
  }

  /** Whether a snapshot was ever damaged here. */
  get hasDamage(): boolean {
    return this.#hasDamage
  }

  /** The newest complete snapshot. */
  get latest(): SnapshotInfo | undefined {
    return this.#open === undefined ? this.#left : this.#open.latest
  }

  /** Opens the store for a new process. */
  async open(clock: NodeClock): Promise<Snapshots> {
    const store = await openMemorySnapshots({ directory: this.#directory })
    this.#open = store
    const { random, speed } = this.#options
    const pause = (): Promise<void> => {
      const { minSyncMs, maxSyncMs } = speed()
      return sleep(clock, random.between(minSyncMs, maxSyncMs))
    }
    return {
      get all() {
        return store.all
      },
      get latest() {
        return store.latest
      },
      get damaged() {
        return store.damaged
      },
      create: async (snapshot) => {
        await pause()
        return this.#slowed(await store.create(snapshot), pause)
      },
      read: async (id, options) => {
        await pause()
        return store.read(id, options)
      },
      async *contents(id, options) {
        await pause()
        yield* store.contents(id, options)
      },
      delete: async (id) => {
        await pause()
        await store.delete(id)
      },
      close: () => store.close(),
      [Symbol.asyncDispose]: () => store.close(),
    }
  }

  /** The process dies, and with it what was not synced. */
  crash(): void {
    if (this.#open === undefined) return
    this.#left = this.#open.latest
    this.#open = undefined
    this.#directory.crash({ keepUnsynced: this.#options.random.chance(0.3) })
  }

  /** The process ends in order. */
  async close(): Promise<void> {
    const store = this.#open
    this.#left = store?.latest
    this.#open = undefined
    await store?.close()
  }

  /** Flips a bit of a complete snapshot, or cuts it. @returns whether there was one */
  damage(): boolean {
    const { random } = this.#options
    const all = this.#open?.all ?? []
    if (all.length === 0) return false
    const snapshot = random.pick(all)
    // Behind 32 bytes of header.
    const position = 32 + random.upTo(snapshot.bytes)
    if (random.chance(0.5)) this.#directory.corrupt(snapshot, position)
    else this.#directory.cut(snapshot, position)
    this.#hasDamage = true
    return true
  }

  #slowed(writer: SnapshotWriter, pause: () => Promise<void>): SnapshotWriter {
    return {
      get bytes() {
        return writer.bytes
      },
      write: async (bytes) => {
        await pause()
        await writer.write(bytes)
      },
      finish: async (expected) => {
        await pause()
        const info = await writer.finish(expected)
        this.#options.onComplete()
        return info
      },
      close: () => writer.close(),
      [Symbol.asyncDispose]: () => writer.close(),
    }
  }
}
