import { access, constants } from 'node:fs/promises'
import { ServerError } from '../errors.ts'
import { foreign } from './format-directory.ts'
import { guardDirectory, notWritable } from './guard.ts'
import type { Identity } from './identity.ts'
import { halfFormatted, inspectDirectory } from './inspect.ts'
import { layoutOf } from './layout.ts'

/** A data directory that this process holds. */
export interface DataDirectory extends AsyncDisposable {
  readonly identity: Identity
  /** LevelDB's directory of the metadata log. */
  readonly logPath: string
  /** Lets go of the directory. Close the log first. Idempotent. */
  close(): Promise<void>
}

/** Who is to be at home in the directory. */
export interface ExpectedIdentity {
  readonly nodeId: number
  /** Any cluster when absent. */
  readonly clusterId?: string | undefined
}

/**
 * Takes a formatted directory for this process, if it is the right one. Changes nothing in it otherwise.
 *
 * @throws DIRECTORY_NOT_FORMATTED, DIRECTORY_HALF_FORMATTED, DIRECTORY_FOREIGN, DIRECTORY_IN_USE, DIRECTORY_NOT_WRITABLE,
 *   DIRECTORY_DAMAGED
 */
export async function openDirectory(directory: string, expected: ExpectedIdentity): Promise<DataDirectory> {
  const state = await inspectDirectory(directory)
  if (state.is === 'half-formatted') throw halfFormatted(directory)
  if (state.is !== 'formatted') {
    throw new ServerError(
      'DIRECTORY_NOT_FORMATTED',
      `${directory} ${state.is === 'absent' ? 'does not exist' : 'is not formatted'}`,
      'Check "dataDirectory", then run quorate format with the same config file',
    )
  }
  const { identity } = state
  const sameCluster = expected.clusterId === undefined || expected.clusterId === identity.clusterId
  if (identity.nodeId !== expected.nodeId || !sameCluster) throw foreign(directory, identity)

  const layout = layoutOf(directory)
  for (const path of [directory, layout.log]) await requireWritable(path)
  const guard = await guardDirectory(directory)
  return {
    identity,
    logPath: layout.log,
    close: () => guard.close(),
    [Symbol.asyncDispose]: () => guard.close(),
  }
}

async function requireWritable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw notWritable(path, cause)
    throw new ServerError(
      'DIRECTORY_DAMAGED',
      `${path} is missing`,
      'Restore the directory from a backup, or give the node another directory and format it',
      { cause },
    )
  }
}
