import type { Offset } from '../batch.ts'

/** One thing that is not as it was promised. */
export interface Finding {
  /**
   * Where it was found:
   *
   * - `current`, `manifest`, `table`, `write-ahead-log`: the files of LevelDB;
   * - `high-water`: the record beside LevelDB that says how far writes had been acknowledged;
   * - `lost-writes`: acknowledged writes are not there;
   * - `log`: a batch, the chain of checksums, the epoch index or the hard state.
   */
  readonly kind: 'current' | 'manifest' | 'table' | 'write-ahead-log' | 'high-water' | 'lost-writes' | 'log'
  /** File name inside the log's directory, where there is one. */
  readonly file?: string
  /** The first bad byte of the file, where it is known. */
  readonly position?: number
  /** The first offset that cannot be trusted, where it is known. */
  readonly offset?: Offset
  /** What is wrong, for people. */
  readonly detail: string
}

/** What opening a log found. */
export interface RecoveryReport {
  /**
   * - `intact`: everything that was verified is as it was written;
   * - `torn`: the last write did not reach the disk whole, which is what a crash leaves; nobody was told that it had;
   * - `damaged`: data that had been promised is lost or cannot be trusted. The log is read-only and ends where trust does.
   */
  readonly state: 'intact' | 'torn' | 'damaged'
  /** What is damaged; empty unless `state` is `damaged`. */
  readonly findings: readonly Finding[]
  /** The high-water mark that the database holds, and the one in the file beside it, 0 if there is none. */
  readonly mark: { readonly found: number; readonly recorded: number } | undefined
  /** LevelDB's write-ahead logs: what was replayed, and the bytes of the torn write behind it. */
  readonly writeAheadLog: { readonly records: number; readonly bytes: number; readonly tornBytes: number }
  /** LevelDB's tables: how many there are, and how many of them were read and verified; the scrubber reads the others. */
  readonly tables: { readonly live: number; readonly verified: number; readonly verifiedBytes: number }
}

/** The report for a log on a database that is not the log's own: its files are out of reach. */
export const nothingAudited: RecoveryReport = {
  state: 'intact',
  findings: [],
  mark: undefined,
  writeAheadLog: { records: 0, bytes: 0, tornBytes: 0 },
  tables: { live: 0, verified: 0, verifiedBytes: 0 },
}
