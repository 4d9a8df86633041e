import { metadataDelta } from '@quorate/controller'
import type { MetadataImage, MetadataRecord } from '@quorate/controller'
import type { Offset } from '@quorate/log'
import type { Change, Store } from '@quorate/store'
import type { Logger } from '@quorate/transport'
import { BrokerError, errorMessage } from '../errors.ts'
import type { MetadataPublisher } from './publisher.ts'

/** What a follower works with. */
export interface MetadataFollowerOptions {
  readonly store: Store<MetadataImage, MetadataRecord>
  /** In the order they are called. */
  readonly publishers: readonly MetadataPublisher[]
  readonly logger: Logger
  /** Every publisher was given the metadata before `offset`. */
  readonly onPublished: (offset: Offset) => void
  /** The follower has stopped and cannot go on. Called at most once. */
  readonly onFailure: (error: BrokerError) => void
}

/** Reads the committed changes of the metadata and hands each to the publishers (Kafka's `MetadataLoader`). */
export class MetadataFollower {
  readonly #options: MetadataFollowerOptions
  readonly #closing = new AbortController()
  #following: Promise<void> | undefined
  #first = true
  #failedPublishes = 0

  constructor(options: MetadataFollowerOptions) {
    this.#options = options
  }

  /** Calls of publishers that failed after the first change (Kafka's `metadata-apply-error-count`). */
  get failedPublishes(): number {
    return this.#failedPublishes
  }

  /**
   * Begins, once the store has got to `offset`, with the whole image, then goes on with one change after another. So no
   * publisher acts on states of the cluster that were over before this broker registered. Only the first call counts.
   */
  startAt(offset: Offset): void {
    this.#following ??= this.#follow(offset)
  }

  /** Waits for the publisher that is at work, calls no more of them, and closes them in reverse order. Call it once. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#following
    for (const publisher of this.#options.publishers.toReversed()) {
      try {
        await publisher.close?.()
      } catch (error) {
        this.#options.logger.error({ publisher: publisher.name, err: error }, 'publisher did not close')
      }
    }
  }

  async #follow(start: Offset): Promise<void> {
    const { store } = this.#options
    const { signal } = this.#closing
    try {
      await store.reached(start, { signal })
      for await (const change of store.changes({ signal })) {
        await this.#publish(change)
        if (signal.aborted) return
        this.#first = false
        this.#options.onPublished(change.offset)
      }
      if (signal.aborted) return
      this.#options.onFailure(
        new BrokerError('BROKER_STORE_FAILED', 'the metadata store was closed while the broker was open'),
      )
    } catch (error) {
      if (!signal.aborted) this.#options.onFailure(asBrokerError(error))
    }
  }

  async #publish(change: Change<MetadataImage, MetadataRecord>): Promise<void> {
    const { publishers, logger } = this.#options
    const { image, offset } = change
    const delta = metadataDelta(change)
    for (const publisher of publishers) {
      if (this.#closing.signal.aborted) return
      try {
        await publisher.publish(delta, image, { offset, first: this.#first })
      } catch (cause) {
        if (this.#first) throw publishFailed(publisher, offset, cause)
        this.#failedPublishes++
        logger.error(
          { publisher: publisher.name, offset, err: cause },
          'publisher failed, going on without it',
        )
      }
    }
  }
}

function publishFailed({ name }: MetadataPublisher, offset: Offset, cause: unknown): BrokerError {
  return new BrokerError(
    'BROKER_PUBLISH_FAILED',
    `publisher '${name}' failed on the first metadata it was given: ${errorMessage(cause)}`,
    { publisher: name, offset },
    { cause },
  )
}

function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error
  return new BrokerError(
    'BROKER_STORE_FAILED',
    `the metadata cannot be followed any more: ${errorMessage(error)}`,
    {},
    { cause: error },
  )
}
