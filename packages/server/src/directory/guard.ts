import { open, type FileHandle } from 'node:fs/promises'
import { tryLock } from 'fs-native-extensions'
import { ServerError } from '../errors.ts'
import { layoutOf } from './layout.ts'

/** Holds a data directory for this process until it is closed. */
export interface Guard extends AsyncDisposable {
  /** Lets go of the directory. Idempotent. */
  close(): Promise<void>
}

/**
 * Takes `directory` for this process alone.
 *
 * The lock belongs to the open file (an open file description lock on Linux, `flock` on macOS, `LockFileEx` on
 * Windows): the kernel lets go of it when the process ends, however it ends, so a dead process blocks nobody and there
 * is no stale lock to judge. LevelDB's own LOCK does not suffice: it is a POSIX record lock, which a second open of the
 * same file in the same process drops without a word.
 *
 * The process id written into the file is for people; nothing reads it but the error message.
 *
 * @param create makes the guard file if it is missing; only format does
 * @throws DIRECTORY_IN_USE, DIRECTORY_NOT_WRITABLE
 */
export async function guardDirectory(
  directory: string,
  options: { readonly create?: boolean } = {},
): Promise<Guard> {
  const path = layoutOf(directory).guard
  const file = await openGuard(path, options.create ?? false)
  try {
    if (!tryLock(file.fd)) throw await inUse(directory, file)
    await file.truncate(0)
    await file.write(`${process.pid}\n`, 0)
  } catch (error) {
    await file.close()
    throw error
  }
  const close = once(() => file.close())
  return { close, [Symbol.asyncDispose]: close }
}

async function openGuard(path: string, create: boolean): Promise<FileHandle> {
  try {
    return await open(path, create ? 'a+' : 'r+')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') {
      throw new ServerError(
        'DIRECTORY_DAMAGED',
        `${path} is missing`,
        'Create it as an empty file if no process uses the directory',
        { cause },
      )
    }
    throw notWritable(path, cause)
  }
}

/** The error for a directory or file that this process may not write to. */
export function notWritable(path: string, cause: unknown): ServerError {
  return new ServerError(
    'DIRECTORY_NOT_WRITABLE',
    `${path} cannot be written to (${(cause as NodeJS.ErrnoException).code})`,
    'Give the user that runs the node write access, or mount the file system for writing',
    { cause },
  )
}

async function inUse(directory: string, file: FileHandle): Promise<ServerError> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0)
  const holder = buffer.toString('utf8', 0, bytesRead).trim()
  return new ServerError(
    'DIRECTORY_IN_USE',
    `${directory} is in use by another process${holder === '' ? '' : ` (pid ${holder})`}`,
    'Stop that process first, or give this node a directory of its own',
  )
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => (closed ??= close())
}
