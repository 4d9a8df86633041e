import { join } from 'node:path'

/** Where the parts of a log's directory are. docs/formats.md. */
export interface DirectoryLayout {
  readonly path: string
  /** Locked by whoever has the log open. It stands outside LevelDB's directory, and nothing else opens it. */
  readonly guard: string
  /** The high-water record. */
  readonly highWater: string
  /** LevelDB's own directory. */
  readonly level: string
  /** LevelDB's directory while it is being made. */
  readonly levelAside: string
}

/** The layout of the log in the directory `path`. */
export function layoutOf(path: string): DirectoryLayout {
  return {
    path,
    guard: join(path, 'guard'),
    highWater: join(path, 'high-water'),
    level: join(path, 'leveldb'),
    levelAside: join(path, 'leveldb.aside'),
  }
}
