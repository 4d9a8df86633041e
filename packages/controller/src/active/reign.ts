import type { Store } from '@quorate/store'
import type { Cancel, Clock, Logger } from '@quorate/transport'
import type { MetadataImage } from '../image/image.ts'
import { fenceBroker } from '../operations/cluster-control.ts'
import { electLeaders } from '../operations/replication-control.ts'
import type { MetadataRecord } from '../records.ts'
import { BrokerHeartbeats } from './broker-heartbeats.ts'

/** Milliseconds until a fencing that failed is tried again. */
const RETRY_MS = 1_000

/** Options of {@link Reign}. */
export interface ReignOptions {
  readonly epoch: number
  readonly store: Store<MetadataImage, MetadataRecord>
  readonly clock: Clock
  readonly logger: Logger
  readonly sessionTimeoutMs: number
  readonly maxRecordsPerBatch: number
}

/**
 * What a controller does by itself while it is active, in one epoch: it finishes the elections its predecessor left
 * undone, and fences brokers whose sessions expire, one after the other, so that each sees what the one before led to.
 */
export class Reign {
  readonly epoch: number
  readonly heartbeats: BrokerHeartbeats
  readonly #options: ReignOptions
  #cancelTimer: Cancel | undefined
  #ended = false
  #work: Promise<void>

  constructor(options: ReignOptions) {
    const { clock, epoch, logger, sessionTimeoutMs, store } = options
    this.epoch = epoch
    this.#options = options
    this.heartbeats = new BrokerHeartbeats({ clock, sessionTimeoutMs, brokerIds: store.image.brokers.keys() })
    logger.info(
      { epoch, brokers: store.image.brokers.size, topics: store.image.topics.size },
      'active controller',
    )
    this.#work = this.#attempt(() => this.electLeaders()).then(() => undefined)
    this.#watch()
  }

  /** Elects leaders for every leaderless partition that can have one, in as many batches as it takes. */
  async electLeaders(): Promise<void> {
    const limit = this.#options.maxRecordsPerBatch
    let more = true
    while (more && !this.#ended) {
      more = await this.#options.store.write((image) => {
        const slice = electLeaders(image, { limit })
        return { records: slice.records, response: slice.more }
      })
    }
  }

  /** A session began: it may be the first there is to watch. */
  watch(): void {
    if (this.#cancelTimer === undefined) this.#watch()
  }

  /** Stops, and waits for what is under way. */
  async end(): Promise<void> {
    this.#ended = true
    this.#cancelTimer?.()
    await this.#work
  }

  #watch(): void {
    this.#cancelTimer = undefined
    const first = this.heartbeats.first()
    if (this.#ended || first === undefined) return
    this.#schedule(Math.max(0, first.remainingMs))
  }

  #schedule(delayMs: number): void {
    if (this.#ended) return
    this.#cancelTimer = this.#options.clock.setTimer(delayMs, () => {
      this.#work = this.#work.then(() => this.#fenceExpired())
    })
  }

  async #fenceExpired(): Promise<void> {
    const first = this.heartbeats.first()
    if (this.#ended || first === undefined || first.remainingMs > 0) return this.#watch()
    const { brokerId } = first
    const done = await this.#attempt(() => this.#fence(brokerId))
    if (done) return this.#watch()
    this.#schedule(RETRY_MS)
  }

  async #fence(brokerId: number): Promise<void> {
    const { logger, maxRecordsPerBatch, sessionTimeoutMs, store } = this.#options
    let more = true
    let records = 0
    while (more) {
      more = await store.write((image) => {
        // It may have been heard of while this waited for its turn.
        if (!this.heartbeats.hasExpired(brokerId)) return { records: [], response: false }
        const { records: slice, response } = fenceBroker(image, brokerId, maxRecordsPerBatch)
        records += slice.length
        return { records: slice, response: response.more }
      })
    }
    if (records > 0) logger.warn({ brokerId, sessionTimeoutMs }, 'fenced a broker that fell silent')
    if (this.heartbeats.hasExpired(brokerId)) this.heartbeats.end(brokerId)
  }

  /** Runs `work`; leadership that was lost in between is the next leader's affair, anything else is logged. */
  async #attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!this.#ended) this.#options.logger.warn({ err: error }, 'the active controller could not write')
      return false
    }
  }
}
