import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tryLock } from 'fs-native-extensions'
import { LogError } from '../errors.ts'

/** Holds a directory until it is let go of. */
export interface Guard {
  /** Lets go of the directory. Idempotent. */
  release(): Promise<void>
}

/**
 * Takes the directory that the guard file `path` stands for, for this one opener; makes the file if it is missing.
 *
 * The lock belongs to the open file, so it keeps two threads of one process apart as well as two processes, and the
 * kernel lets go of it however the process ends. LevelDB's own lock does neither: it is a POSIX record lock, which
 * belongs to the process and is dropped, without a word, when anything in the process opens and closes the same file.
 *
 * The process id in the file is for people; nothing reads it but the error message.
 *
 * @throws LOG_LOCKED, or what `open` throws
 */
export async function guardDirectory(path: string): Promise<Guard> {
  const file = await open(path, 'a+')
  try {
    if (!tryLock(file.fd)) throw await locked(path, file)
    await file.truncate(0)
    await file.write(`${process.pid}\n`)
  } catch (error) {
    await file.close()
    throw error
  }
  let released: Promise<void> | undefined
  return { release: () => (released ??= file.close()) }
}

async function locked(path: string, file: FileHandle): Promise<LogError> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0)
  const holder = buffer.toString('latin1', 0, bytesRead).trim()
  const who = holder === '' ? '' : `, by process ${holder}`
  return new LogError('LOG_LOCKED', `the log is open already${who}: ${path} is locked`, {
    path,
    holder: holder === '' ? undefined : Number(holder),
  })
}
