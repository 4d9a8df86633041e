import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '../disk/durable-file.ts'
import type { SnapshotFile, SnapshotFiles } from './snapshot-files.ts'

/** Snapshots in a directory of the file system. */
export function directoryFiles(directory: string): SnapshotFiles {
  const pathOf = (name: string): string => join(directory, name)
  return {
    list: async () => {
      const entries = await readdir(directory, { withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      return Promise.all(files.map(async ({ name }) => ({ name, bytes: (await stat(pathOf(name))).size })))
    },
    create: async (name) => appendable(await open(pathOf(name), 'w')),
    read: async (name, position, length) => {
      await using file = await open(pathOf(name), 'r')
      const bytes = Buffer.allocUnsafe(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return bytes.subarray(0, filled)
    },
    rename: (from, to) => rename(pathOf(from), pathOf(to)),
    remove: (name) => rm(pathOf(name), { force: true }),
    syncDirectory: () => syncDirectory(directory),
  }
}

function appendable(file: FileHandle): SnapshotFile {
  let closed: Promise<void> | undefined
  return {
    append: async (bytes) => {
      let written = 0
      while (written < bytes.byteLength) written += (await file.write(bytes, written)).bytesWritten
    },
    sync: () => file.sync(),
    close: () => (closed ??= file.close()),
  }
}
