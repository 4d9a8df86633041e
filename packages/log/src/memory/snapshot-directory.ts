import type { SnapshotFile, SnapshotFiles } from '../snapshots/snapshot-files.ts'
import { snapshotName } from '../snapshots/snapshot-name.ts'
import type { SnapshotId } from '../snapshots/snapshots.ts'
import { LogError } from '../errors.ts'

/** What is on the disk, and what only the operating system knows of yet. */
interface StoredFile {
  readonly bytes: Buffer
  readonly syncedBytes: number
}

/**
 * The directory of an in-memory snapshot store, with its disk's vices at hand. Give it to `openMemorySnapshots` again to
 * reopen what a crash left.
 *
 * Made by {@link createMemorySnapshotDirectory}.
 */
export class MemorySnapshotDirectory {
  #files = new Map<string, StoredFile>()
  #syncedNames = new Map<string, StoredFile>()
  #failure: Error | undefined
  #owner: object | undefined

  /**
   * The process dies, and the power goes: files lose what was not synced, and what was created, renamed or removed
   * without a sync of the directory is undone. With `keepUnsynced` only the process dies. The store that has the
   * directory open fails from here on.
   */
  crash(options: { readonly keepUnsynced?: boolean } = {}): void {
    this.#owner = undefined
    if (options.keepUnsynced === true) return
    const survivors = [...this.#syncedNames].map(([name, { bytes, syncedBytes }]): [string, StoredFile] => [
      name,
      { bytes: bytes.subarray(0, syncedBytes), syncedBytes },
    ])
    this.#files = new Map(survivors)
    this.#syncedNames = new Map(survivors)
  }

  /** The next change of a file or of the directory fails with `error`, and does nothing. */
  failNextWrite(error: Error): void {
    this.#failure = error
  }

  /** Flips one bit of the file of a snapshot, which begins with 32 bytes of header. */
  corrupt(id: SnapshotId, position: number): void {
    this.#change(snapshotName(id), (bytes) => {
      bytes[position] = (bytes[position] ?? 0) ^ 1
      return bytes
    })
  }

  /** Cuts the file of a snapshot to `length` bytes: a disk that said it had synced and had not. */
  cut(id: SnapshotId, length: number): void {
    this.#change(snapshotName(id), (bytes) => bytes.subarray(0, length))
  }

  /** The files, for one store at a time. @throws LOG_LOCKED */
  open(): { readonly files: SnapshotFiles; readonly release: () => Promise<void> } {
    if (this.#owner !== undefined) throw new LogError('LOG_LOCKED', 'the directory is open already')
    const owner = {}
    this.#owner = owner
    const alive = (): void => {
      if (this.#owner !== owner) throw new Error('the process died')
    }
    return { files: this.#filesWhile(alive), release: async () => void (this.#owner = undefined) }
  }

  #filesWhile(alive: () => void): SnapshotFiles {
    const changing = (): void => {
      alive()
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw failure
    }
    return {
      list: async () => {
        alive()
        return [...this.#files].map(([name, { bytes }]) => ({ name, bytes: bytes.length }))
      },
      create: async (name) => {
        changing()
        this.#files.set(name, { bytes: Buffer.alloc(0), syncedBytes: 0 })
        return this.#file(name, changing)
      },
      read: async (name, position, length) => {
        alive()
        return this.#get(name).bytes.subarray(position, position + length)
      },
      rename: async (from, to) => {
        changing()
        this.#files.set(to, this.#get(from))
        this.#files.delete(from)
      },
      remove: async (name) => {
        changing()
        this.#files.delete(name)
      },
      syncDirectory: async () => {
        changing()
        this.#syncedNames = new Map(this.#files)
      },
    }
  }

  #file(name: string, changing: () => void): SnapshotFile {
    return {
      append: async (bytes) => {
        changing()
        const file = this.#get(name)
        this.#set(name, { ...file, bytes: Buffer.concat([file.bytes, bytes]) })
      },
      sync: async () => {
        changing()
        const { bytes } = this.#get(name)
        this.#set(name, { bytes, syncedBytes: bytes.length })
      },
      close: () => Promise.resolve(),
    }
  }

  #get(name: string): StoredFile {
    const file = this.#files.get(name)
    if (file !== undefined) return file
    throw Object.assign(new Error(`no such file: ${name}`), { code: 'ENOENT' })
  }

  /** The file has new bytes, under its name and under the one that is synced. */
  #set(name: string, file: StoredFile): void {
    this.#files.set(name, file)
    if (this.#syncedNames.has(name)) this.#syncedNames.set(name, file)
  }

  #change(name: string, change: (bytes: Buffer) => Buffer): void {
    const bytes = change(Buffer.from(this.#get(name).bytes))
    this.#set(name, { bytes, syncedBytes: bytes.length })
  }
}

/** Makes an empty directory in memory. */
export function createMemorySnapshotDirectory(): MemorySnapshotDirectory {
  return new MemorySnapshotDirectory()
}
