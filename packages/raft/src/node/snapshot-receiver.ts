import type { SnapshotId, Snapshots, SnapshotWriter } from '@quorate/log'
import type { Event } from '../core/events.ts'
import type { SnapshotChunk } from '../messages.ts'
import type { Logger } from '../ports.ts'
import { createSnapshot, findSnapshot, votersOf } from './stored-snapshots.ts'

/** What receiving takes. */
export interface SnapshotReceiverOptions {
  readonly snapshots: Snapshots
  readonly logger: Logger
  readonly step: (event: Event) => void
}

/**
 * Stores the snapshot that a follower pulls, part by part, and reports how far it is. One at a time; what is begun stays
 * while the connection or the leader changes, and is gone with the process.
 */
export class SnapshotReceiver {
  readonly #options: SnapshotReceiverOptions
  #writer: SnapshotWriter | undefined
  /** Everything that was asked for, in order; the end of it settles this promise. */
  #work: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: SnapshotReceiverOptions) {
    this.#options = options
  }

  /** Prepares to receive `snapshotId`, in place of any other. It may be on the disk already. */
  receive(snapshotId: SnapshotId): void {
    const { snapshots, step } = this.#options
    this.#enqueue(snapshotId, async () => {
      await this.#giveUp()
      if (findSnapshot(snapshots, snapshotId) !== undefined) await this.#complete(snapshotId)
      else step({ type: 'snapshot-stored', snapshotId, position: 0 })
    })
  }

  /** Stores a part, and completes the snapshot if it is the last. The whole is verified before it is complete. */
  store({ snapshotId, bytes, totalBytes, checksum, timestampMs }: SnapshotChunk): void {
    const { snapshots, step } = this.#options
    this.#enqueue(snapshotId, async () => {
      this.#writer ??= await createSnapshot(snapshots, { ...snapshotId, timestampMs })
      await this.#writer.write(bytes)
      const position = this.#writer.bytes
      if (position < totalBytes) return step({ type: 'snapshot-stored', snapshotId, position })
      await this.#writer.finish({ bytes: totalBytes, checksum })
      this.#writer = undefined
      await this.#complete(snapshotId)
    })
  }

  /** Gives up what is being received. */
  drop(): void {
    this.#work = this.#work.then(() => this.#giveUp())
  }

  /** Gives up what is being received, and waits until that is done. */
  close(): Promise<void> {
    this.#closed = true
    this.drop()
    return this.#work
  }

  /** The voters that a snapshot names are in effect as soon as it takes the place of the log. */
  async #complete(snapshotId: SnapshotId): Promise<void> {
    const { snapshots, step } = this.#options
    step({ type: 'snapshot-complete', snapshotId, voters: await votersOf(snapshots, snapshotId) })
  }

  #enqueue(snapshotId: SnapshotId, task: () => Promise<void>): void {
    this.#work = this.#work
      .then(() => (this.#closed ? undefined : task()))
      .catch(async (error: unknown) => {
        const { logger, step } = this.#options
        logger.warn({ err: error, ...snapshotId }, 'a snapshot could not be received')
        await this.#giveUp()
        step({ type: 'snapshot-refused', snapshotId })
      })
  }

  async #giveUp(): Promise<void> {
    const writer = this.#writer
    this.#writer = undefined
    await writer?.close()
  }
}
