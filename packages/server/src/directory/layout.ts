import { join } from 'node:path'

/** Where the parts of a data directory are. */
export interface DirectoryLayout {
  /** Who the directory belongs to; written last by format, so that it proves the rest. */
  readonly identity: string
  /** The identity while it is being written. */
  readonly identityAside: string
  /** The guard file. It stands outside LevelDB's directory and is never opened by anything else. */
  readonly guard: string
  /** The metadata log: LevelDB's own directory. */
  readonly log: string
}

/** The layout of format version 1 in `directory`. */
export function layoutOf(directory: string): DirectoryLayout {
  return {
    identity: join(directory, 'node.json'),
    identityAside: join(directory, 'node.json.aside'),
    guard: join(directory, 'guard'),
    log: join(directory, 'log'),
  }
}
