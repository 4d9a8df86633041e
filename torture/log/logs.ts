import { createLog, createLogSet, LogError, openLog, openLogSet } from '@quorate/log'
import type { Log, OpenLogOptions } from '@quorate/log'

/** How a campaign opens logs. */
export type LogLimits = Omit<OpenLogOptions, 'path' | 'database' | 'name' | 'now' | 'readOnly'>

/** The logs in a directory, each of them open or not. */
export interface Logs {
  /** Opens the log of this number, counted from 0. @throws what `openLog` throws */
  open(log: number): Promise<Log>
  /** Closes what the logs share. */
  close(): Promise<void>
}

/**
 * Makes `count` logs in the directory `path`, except those that are there: one has a LevelDB of its own, more are a set.
 *
 * @throws what `createLog` and `createLogSet` throw
 */
export async function createLogs(path: string, count: number): Promise<void> {
  if (count === 1) return createLog({ path }).catch(unlessThere)
  await createLogSet({ path }).catch(unlessThere)
  await using set = await openLogSet({ path })
  for (let log = 0; log < count; log += 1) await set.create(nameOf(log, count)).catch(unlessThere)
}

/** Opens what `count` logs in the directory `path` share. @throws what `openLogSet` throws */
export async function openLogs(path: string, count: number, limits: LogLimits): Promise<Logs> {
  // A damaged set does not open, but each of its logs does, for whoever insists.
  if (count === 1 || limits.allowDamaged === true)
    return {
      open: (log) => openLog({ path, name: nameOf(log, count), ...limits }),
      close: () => Promise.resolve(),
    }
  const set = await openLogSet({ path, ...limits })
  return { open: (log) => set.open(nameOf(log, count)), close: () => set.close() }
}

function nameOf(log: number, count: number): string {
  return count === 1 ? 'log' : `log-${log}`
}

function unlessThere(error: unknown): void {
  if (!(error instanceof LogError) || error.code !== 'LOG_EXISTS') throw error
}
