/** A file that is being written from its beginning to its end. */
export interface SnapshotFile {
  /** Writes all of `bytes` behind what was written before. */
  append(bytes: Uint8Array): Promise<void>
  /** Resolves when everything appended survives a power cut. */
  sync(): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}

/** The directory that a store keeps its snapshots in. Names are plain file names. */
export interface SnapshotFiles {
  list(): Promise<readonly { readonly name: string; readonly bytes: number }[]>
  /** Makes an empty file, also in place of one that is there. */
  create(name: string): Promise<SnapshotFile>
  /** Bytes of a file from `position` on: `length`, or fewer where the file ends before. */
  read(name: string, position: number, length: number): Promise<Uint8Array>
  rename(from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  /** Resolves when what was created, renamed and removed survives a power cut. */
  syncDirectory(): Promise<void>
}
