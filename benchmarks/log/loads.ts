import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { createLog, createLogSet, openLog, openLogSet } from '@quorate/log'
import { Level } from 'level'

/** How hard to append: batches of one size, from so many callers, each of which waits for its last. */
export interface Load {
  readonly payloadBytes: number
  readonly callers: number
}

/** Calls `action` from that many callers, each again once it resolved. @returns calls a second */
export async function closedLoop(
  callers: number,
  seconds: number,
  action: (caller: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now()
  const end = start + seconds * 1000
  let calls = 0
  const caller = async (number: number): Promise<void> => {
    while (performance.now() < end) {
      await action(number)
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)))
  return (calls / (performance.now() - start)) * 1000
}

/** Appends a second to a new log in the directory `path`. */
export async function appendRate(
  path: string,
  { payloadBytes, callers }: Load,
  seconds: number,
): Promise<number> {
  await createLog({ path })
  await using log = await openLog({ path })
  const payload = randomBytes(payloadBytes)
  return await closedLoop(callers, seconds, () => log.append([{ payload }]))
}

/** Appends a second to `logs` new logs of one set in the directory `path`, each caller to the next log in turn. */
export async function setAppendRate(
  path: string,
  { payloadBytes, callers }: Load,
  logs: number,
  seconds: number,
): Promise<number> {
  await createLogSet({ path })
  await using set = await openLogSet({ path })
  const names = Array.from({ length: logs }, (_, index) => `log-${index}`)
  await Promise.all(names.map((name) => set.create(name)))
  const opened = await Promise.all(names.map((name) => set.open(name)))
  const payload = randomBytes(payloadBytes)
  let turn = 0
  return await closedLoop(callers, seconds, () => {
    turn = (turn + 1) % logs
    return opened[turn]!.append([{ payload }])
  })
}

/** Synced puts a second to a new LevelDB with the options that a log has. */
export async function putRate(
  path: string,
  { payloadBytes, callers }: Load,
  seconds: number,
): Promise<number> {
  await using database = new Level<Uint8Array, Uint8Array>(path, {
    keyEncoding: 'view',
    valueEncoding: 'view',
  })
  await database.open()
  const value = randomBytes(payloadBytes)
  let next = 0
  return await closedLoop(callers, seconds, () => {
    const key = Buffer.alloc(8)
    key.writeUInt32BE(next, 4)
    next += 1
    return database.put(key, value, { sync: true })
  })
}

/**
 * Values a second through the least that a group commit can be: what waits goes into one synced put, with no format, no
 * checksum, no limits and no way to read it back. What the log adds to that is its price.
 */
export async function bareGroupCommitRate(
  path: string,
  { payloadBytes, callers }: Load,
  seconds: number,
): Promise<number> {
  await using database = new Level<Uint8Array, Uint8Array>(path, {
    keyEncoding: 'view',
    valueEncoding: 'view',
  })
  await database.open()
  const payload = randomBytes(payloadBytes)
  let waiting: (() => void)[] = []
  let writing = false
  let writes = 0
  const write = async (): Promise<void> => {
    writing = true
    await Promise.resolve()
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      const value = Buffer.allocUnsafe(group.length * payloadBytes)
      for (const index of group.keys()) value.set(payload, index * payloadBytes)
      const key = Buffer.alloc(8)
      key.writeUInt32BE((writes += 1), 4)
      await database.put(key, value, { sync: true })
      for (const resolve of group) resolve()
    }
    writing = false
  }
  return await closedLoop(
    callers,
    seconds,
    () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve)
        if (!writing) void write()
      }),
  )
}

/** Writes a second to the end of a new file, each with an fdatasync. */
export async function datasyncRate(path: string, payloadBytes: number, seconds: number): Promise<number> {
  await using file = await open(path, 'w')
  const bytes = randomBytes(payloadBytes)
  return await closedLoop(1, seconds, async () => {
    await file.write(bytes)
    await file.datasync()
  })
}
