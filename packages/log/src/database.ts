/** One operation of an atomic write. */
export type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

/** Keys and values are bytes, whatever the database's own encodings are. */
export const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const

type Encodings = typeof encodings

/** A range of keys, in bytewise order. */
interface KeyRange {
  readonly gte: Uint8Array
  readonly lt?: Uint8Array
  readonly lte?: Uint8Array
  readonly reverse?: boolean
  readonly limit?: number
  /** Bytes that classic-level reads ahead at most; others ignore it. */
  readonly highWaterMarkBytes?: number
}

/**
 * What the log asks of a database: any of the abstract-level family has it (classic-level, memory-level, `level`).
 *
 * `batch` is atomic, and with `sync` it resolves when its operations survive a power cut; a database that has no disk
 * may ignore `sync`. An iterator shows the database as it was when it was made.
 */
export interface LogDatabase {
  open(options: { passive: boolean }): Promise<void>
  get(key: Uint8Array, options: Encodings): Promise<Uint8Array | undefined>
  has(key: Uint8Array, options: { keyEncoding: 'view' }): Promise<boolean>
  batch(operations: Operation[], options: Encodings & { sync: true }): Promise<void>
  keys(range: KeyRange & Encodings): KeyIterator
  values(range: KeyRange & Encodings): { all(): Promise<Uint8Array[]> }
  iterator(range: KeyRange & Encodings): EntryIterator
  /** Gives space back that deleted entries take. A database that has no such thing has nothing to give back. */
  compactRange?(start: Uint8Array, end: Uint8Array, options: { keyEncoding: 'view' }): Promise<void>
}

/** Keys of a database, in order. */
interface KeyIterator {
  next(): Promise<Uint8Array | undefined>
  all(): Promise<Uint8Array[]>
  /** The next key is the first at or after `target`. */
  seek(target: Uint8Array, options: { keyEncoding: 'view' }): void
  close(): Promise<void>
}

/** Entries of a database, in order of key. */
export interface EntryIterator {
  next(): Promise<[Uint8Array, Uint8Array] | undefined>
  all(): Promise<[Uint8Array, Uint8Array][]>
  close(): Promise<void>
}
