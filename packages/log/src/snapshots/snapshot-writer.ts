import { LogError } from '../errors.ts'
import { closedError } from '../refusals.ts'
import { BodyChecksums } from './body-checksums.ts'
import type { SnapshotFile } from './snapshot-files.ts'
import { corruptSnapshot, encodeHeader, encodeTrailer } from './snapshot-format.ts'
import type { Trailer } from './snapshot-format.ts'
import { snapshotName } from './snapshot-name.ts'
import type { NewSnapshot, SnapshotInfo, SnapshotWriter } from './snapshots.ts'

/** What the store does for a writer. */
export interface SnapshotTarget {
  readonly file: SnapshotFile
  readonly maxSnapshotBytes: number
  /** The file has been synced and closed: gives it its name, for good. */
  readonly publish: (snapshot: SnapshotInfo, trailer: Trailer) => Promise<void>
  /** Removes the file, which has been closed. Called once, instead of or after a failed `publish`. */
  readonly discard: () => Promise<void>
}

/** A snapshot that is written aside. Made by `Snapshots.create`. */
export class PendingSnapshot implements SnapshotWriter {
  readonly #snapshot: NewSnapshot
  readonly #target: SnapshotTarget
  readonly #checksums: BodyChecksums
  #running: Promise<unknown> | undefined
  // No more calls are taken; and nothing is left to be given up.
  #closed = false
  #over = false

  constructor(snapshot: NewSnapshot, target: SnapshotTarget) {
    this.#snapshot = snapshot
    this.#target = target
    this.#checksums = new BodyChecksums(encodeHeader(snapshot))
  }

  get bytes(): number {
    return this.#checksums.bytes
  }

  /** Writes what stands before the body. Comes first. */
  begin(): Promise<void> {
    return this.#perform(() => this.#target.file.append(encodeHeader(this.#snapshot)))
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#perform(async () => {
      const { maxSnapshotBytes, file } = this.#target
      const total = this.bytes + bytes.byteLength
      if (total > maxSnapshotBytes)
        throw new LogError(
          'LOG_SNAPSHOT_TOO_LARGE',
          `a snapshot of ${total} bytes is above maxSnapshotBytes (${maxSnapshotBytes}): raise the limit`,
          { bytes: total, maxSnapshotBytes },
        )
      await file.append(bytes)
      this.#checksums.add(bytes)
    })
  }

  finish(expected?: { readonly bytes: number; readonly checksum: number }): Promise<SnapshotInfo> {
    return this.#perform(async () => {
      const trailer = this.#checksums.trailer()
      const { bytes, checksum } = trailer
      if (expected !== undefined && (expected.bytes !== bytes || expected.checksum !== checksum))
        throw corruptSnapshot(
          snapshotName(this.#snapshot),
          `${bytes} bytes with checksum ${checksum} came where ${expected.bytes} with ${expected.checksum} were expected`,
          { bytes },
        )
      const { file, publish } = this.#target
      await file.append(encodeTrailer(trailer))
      await file.sync()
      await file.close()
      const info = { ...this.#snapshot, bytes, checksum }
      await publish(info, trailer)
      this.#over = true
      return info
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    // Whoever asked for it is told how it ended.
    await this.#running?.catch(() => undefined)
    await this.#giveUp()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #perform<Result>(step: () => Promise<Result>): Promise<Result> {
    if (this.#closed || this.#over) throw closedError('the snapshot')
    if (this.#running !== undefined)
      throw new LogError('LOG_QUEUE_FULL', 'the snapshot is being written to: await one call before the next')
    const running = step()
    this.#running = running
    try {
      return await running
    } catch (cause) {
      await this.#giveUp()
      if (cause instanceof LogError) throw cause
      throw new LogError(
        'LOG_IO',
        `the snapshot ${snapshotName(this.#snapshot)} could not be written`,
        {},
        { cause },
      )
    } finally {
      this.#running = undefined
    }
  }

  async #giveUp(): Promise<void> {
    if (this.#over) return
    this.#over = true
    const { file, discard } = this.#target
    // What cannot be closed or removed now is removed when the store is opened again.
    await file.close().catch(() => undefined)
    await discard().catch(() => undefined)
  }
}
