import { Level } from 'level'

/** Bugs that a campaign must find, so that its zeros mean something. Only tests plant them. */
export type Fault = 'no-sync' | 'split-write' | 'swallow-errors' | 'early-acknowledgement'

/**
 * Plants the bug called `name` in this process, if any.
 *
 * `no-sync`: what is written is not synced. `split-write`: a write is two, and not atomic. `swallow-errors`: a write
 * that fails passes for done. `early-acknowledgement`: a request is acknowledged before it is done.
 *
 * @returns whether to acknowledge early
 */
export function plantFault(name: string | undefined): boolean {
  if (name === 'no-sync') replaceBatch((write, operations) => write(operations, false))
  if (name === 'split-write')
    replaceBatch(async (write, operations) => {
      const half = Math.ceil(operations.length / 2)
      await write(operations.slice(0, half), true)
      await write(operations.slice(half), true)
    })
  if (name === 'swallow-errors')
    replaceBatch((write, operations) => write(operations, true).catch(() => undefined))
  return name === 'early-acknowledgement'
}

type Write = (operations: unknown[], sync: boolean) => Promise<void>
type Batch = (this: Level, operations: unknown[], options: { sync: boolean }) => Promise<void>

function replaceBatch(replacement: (write: Write, operations: unknown[]) => Promise<void>): void {
  const database = Level.prototype as unknown as { batch: Batch }
  const original = database.batch
  database.batch = function batch(operations, options) {
    return replacement((some, sync) => original.call(this, some, { ...options, sync }), operations)
  }
}
