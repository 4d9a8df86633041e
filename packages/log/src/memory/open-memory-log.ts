import { z } from 'zod'
import { limitsShape, parse } from '../options.ts'
import { InMemoryLog } from './memory-log.ts'
import type { MemoryLog } from './memory-log.ts'
import { createMemoryStorage, MemoryStorage } from './storage.ts'

const schema = z.strictObject({
  storage: z.instanceof(MemoryStorage).optional(),
  scheduleSync: z
    .union([
      z.literal('manual'),
      z.custom<(sync: () => void) => void>((value) => typeof value === 'function', 'must be a function'),
    ])
    .default(() => queueMicrotask),
  ...limitsShape,
})

/** How to open an in-memory log. */
export interface MemoryLogOptions {
  /** The disk to open it on. @default a new one with an empty log */
  readonly storage?: MemoryStorage
  /**
   * Decides when writes become durable. It is called when the first one waits, and must call back once; what has come
   * by then is synced together. `'manual'`: only `sync()` does it. @default queueMicrotask
   */
  readonly scheduleSync?: ((sync: () => void) => void) | 'manual'
  /** Largest payload of a batch. Above it: LOG_BATCH_TOO_LARGE. @default 8 MiB */
  readonly maxBatchBytes?: number
  /** Bytes that may wait to be synced. Above it: LOG_QUEUE_FULL. @default 64 MiB */
  readonly maxQueueBytes?: number
  /** Wall-clock milliseconds since 1970, for batches that bring no time. @default Date.now */
  readonly now?: () => number
}

/**
 * Opens a log that forgets everything with the process: for tests, for simulation, and for what need not last.
 *
 * It keeps the contract of the log on disk, with one thing more under control: what is durable, and when. Without
 * options it uses no timer and no clock but `now`; the same calls give the same results in the same order. Payloads are
 * kept by reference, so nobody may change them, before or after.
 *
 * @throws LOG_LOCKED (the storage is open), LOG_DAMAGED (its last batch is damaged), TypeError for options that make no
 *   sense
 */
export async function openMemoryLog(options: MemoryLogOptions = {}): Promise<MemoryLog> {
  const { storage = createMemoryStorage(), scheduleSync, now, ...limits } = parse(schema, options)
  storage.open()
  return new InMemoryLog({
    storage,
    limits,
    now,
    scheduleSync: scheduleSync === 'manual' ? undefined : scheduleSync,
  })
}
