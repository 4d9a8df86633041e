import type { Epoch, Offset } from '../batch.ts'

/** Names a snapshot: it stands for every record before `endOffset`, the last of which has `epoch`. */
export interface SnapshotId {
  readonly endOffset: Offset
  readonly epoch: Epoch
}

/** What a snapshot is made with. */
export interface NewSnapshot extends SnapshotId {
  /** Wall-clock milliseconds since 1970 of the last record that it stands for. */
  readonly timestampMs: number
}

/** A complete snapshot. */
export interface SnapshotInfo extends NewSnapshot {
  /** Bytes of its body. */
  readonly bytes: number
  /** CRC32C over header and body: equal wherever the same state was stored for the same id and time. */
  readonly checksum: number
}

/** A snapshot in the making. Nobody sees it before `finish` has resolved. */
export interface SnapshotWriter extends AsyncDisposable {
  /** Bytes of the body so far: where a transfer goes on. */
  readonly bytes: number

  /**
   * Adds `bytes` to the body, in call order. They must not change before it has resolved.
   *
   * @throws LOG_SNAPSHOT_TOO_LARGE, LOG_IO. The snapshot is given up then: nothing of it stays. LOG_CLOSED, and
   *   LOG_QUEUE_FULL when the call before has not resolved.
   */
  write(bytes: Uint8Array): Promise<void>

  /**
   * Makes the snapshot complete: footer, fsync of the file, rename, fsync of the directory, in this order. After a
   * crash it is there with all its bytes or not at all.
   *
   * @param expected What must have come together, for a snapshot that was copied from elsewhere.
   * @throws LOG_SNAPSHOT_CORRUPT (not what was expected), LOG_IO (it may be found complete when the store is opened
   *   again). The snapshot is given up then. LOG_CLOSED, LOG_QUEUE_FULL
   */
  finish(expected?: { readonly bytes: number; readonly checksum: number }): Promise<SnapshotInfo>

  /** Gives up a snapshot that is not finished, and removes what there is of it. Idempotent. */
  close(): Promise<void>
}

/** Where to read the body of a snapshot, and how much. */
export interface SnapshotReadOptions {
  /** Position in the body. @default 0 */
  readonly position?: number
  /** @default 1 MiB */
  readonly maxBytes?: number
}

/**
 * The snapshots of one log. Several may be read and written at once.
 *
 * What is read is verified, block by block: bytes that were not written are never returned.
 */
export interface Snapshots extends AsyncDisposable {
  /** Every complete snapshot, in order of end offset and then epoch. */
  readonly all: readonly SnapshotInfo[]
  /** The last of them. */
  readonly latest: SnapshotInfo | undefined
  /** Names of files that are called snapshots and are none: torn by a disk that lied, or damaged. They are kept. */
  readonly damaged: readonly string[]

  /**
   * Begins a snapshot.
   *
   * @throws LOG_SNAPSHOT_EXISTS (complete or being written), LOG_IO, LOG_CLOSED, TypeError for fields out of range
   */
  create(snapshot: NewSnapshot): Promise<SnapshotWriter>

  /**
   * Reads a range of the body: at most `maxBytes`, less at its end, nothing behind it.
   *
   * @throws LOG_SNAPSHOT_NOT_FOUND, LOG_SNAPSHOT_CORRUPT, LOG_POSITION_OUT_OF_RANGE, LOG_IO, LOG_CLOSED
   */
  read(id: SnapshotId, options?: SnapshotReadOptions): Promise<Uint8Array>

  /**
   * The whole body, piece by piece. Throws after the last piece if the body as a whole does not have its checksum.
   *
   * @throws what `read` throws, or the signal's reason
   */
  contents(id: SnapshotId, options?: { readonly signal?: AbortSignal }): AsyncIterable<Uint8Array>

  /**
   * Deletes a snapshot, or the damaged file that has its name; resolves when that is on disk. A read that began before
   * may still succeed.
   *
   * @throws LOG_SNAPSHOT_NOT_FOUND, LOG_IO (it may be back when the store is opened again), LOG_CLOSED
   */
  delete(id: SnapshotId): Promise<void>

  /** Waits for what is under way, gives up what is being written. Idempotent. */
  close(): Promise<void>
}
