import { readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { ServerError } from '../errors.ts'
import { readIdentity, type Identity } from './identity.ts'
import { layoutOf } from './layout.ts'

/**
 * What a data directory is:
 *
 * - `absent` or `empty`: free to be formatted;
 * - `formatted`: belongs to a node;
 * - `half-formatted`: parts of a node without an identity, from a format that was cut short or a lost file;
 * - `other`: somebody else's files.
 */
export type DirectoryState =
  | { readonly is: 'absent' | 'empty' | 'half-formatted' | 'other' }
  | { readonly is: 'formatted'; readonly identity: Identity }

/** What the root of a freshly made file system holds, and nobody's data. */
const ignoredEntries = new Set(['lost+found'])

/**
 * Looks at `directory` without changing it.
 *
 * @throws DIRECTORY_DAMAGED when it cannot be read, or its identity cannot be understood
 */
export async function inspectDirectory(directory: string): Promise<DirectoryState> {
  let entries: string[]
  try {
    entries = await readdir(directory)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return { is: 'absent' }
    throw new ServerError(
      'DIRECTORY_DAMAGED',
      `${directory} cannot be read as a directory (${code})`,
      'Give "dataDirectory" the path of a directory',
      { cause },
    )
  }
  const identity = await readIdentity(directory)
  if (identity) return { is: 'formatted', identity }

  const layout = layoutOf(directory)
  const ours = new Set(
    Object.values(layout as unknown as Record<string, string>).map((path) => basename(path)),
  )
  const relevant = entries.filter((entry) => !ignoredEntries.has(entry))
  if (relevant.length === 0) return { is: 'empty' }
  return { is: relevant.some((entry) => ours.has(entry)) ? 'half-formatted' : 'other' }
}

/** The error for a directory that holds parts of a node and no identity. */
export function halfFormatted(directory: string): ServerError {
  return new ServerError(
    'DIRECTORY_HALF_FORMATTED',
    `${directory} holds parts of a node and no node.json`,
    'If its format was cut short, remove the directory and format again; if node.json was lost, restore it',
  )
}
