import { metadataReadHandlers } from '@quorate/controller'
import { RpcError } from '@quorate/transport'
import type { HandledApi, Logger } from '@quorate/transport'
import { BrokerError } from './errors.ts'
import type { BrokerErrorCode } from './errors.ts'
import { LifecycleDriver } from './lifecycle/lifecycle-driver.ts'
import type { BrokerStateName } from './lifecycle/lifecycle.ts'
import { MetadataCache } from './metadata/metadata-cache.ts'
import type { MetadataView } from './metadata/metadata-cache.ts'
import { MetadataFollower } from './metadata/metadata-follower.ts'
import { parseBrokerOptions } from './options.ts'
import type { BrokerOptions, ParsedBrokerOptions } from './options.ts'
import { IsrKeeper } from './replication/isr-keeper.ts'
import type { LocalPartitions } from './replication/local-replica-changes.ts'
import { PartitionTable } from './replication/partition-table.ts'

/** A broker: registered with the controllers, following the metadata log, and holding its share of the partitions. */
export interface Broker extends AsyncDisposable {
  readonly id: number
  /** Where it stands; `BrokerStateName` has the transitions. */
  readonly state: BrokerStateName
  /**
   * For `serveRpc`: `metadataReadHandlers` on this broker's store. They answer whoever operates the cluster, so they
   * answer in every state. A controller in the same process has them already.
   */
  readonly handlers: readonly HandledApi[]
  /** Epoch of its registration; `undefined` until registered. */
  readonly brokerEpoch: number | undefined
  /** The newest metadata its publishers were given; `undefined` until they were given its own registration. */
  readonly metadata: MetadataView | undefined
  /** The partitions it has a replica of, as of `metadata`. */
  readonly partitions: LocalPartitions
  /** Calls of publishers that failed after the first change. Anything but 0 asks for a look into the log. */
  readonly failedPublishes: number
  /**
   * Whether clients may be served: the controller counts on this broker. False while it is fenced, as far as it knows:
   * one that is cut off from the controllers learns of its fencing only when it reaches them again.
   */
  readonly serving: boolean
  /**
   * For handlers of clients' requests.
   *
   * @throws RpcError BROKER_NOT_SERVING, retriable, unless `serving`
   */
  throwIfNotServing(): void

  /** The state now, and then as it changes, to the end. A slow reader sees only the newest. @throws the signal's reason */
  states(options?: { readonly signal?: AbortSignal }): AsyncIterable<BrokerStateName>

  /**
   * Resolves once the broker is unfenced and serves.
   *
   * @throws what `failed` settles with, BROKER_CLOSED, or the signal's reason
   */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>

  /**
   * Settles when the broker stopped by itself, with the reason: BROKER_REGISTRATION_REFUSED,
   * BROKER_REGISTRATION_TIMEOUT, BROKER_PUBLISH_FAILED, BROKER_STORE_FAILED, or a broken invariant. It has closed
   * everything it opened by then. Never settles for a broker that stops because it was told to.
   */
  readonly failed: Promise<Error>

  /**
   * Stops the broker, closes its publishers, and waits for both. Idempotent.
   *
   * By default the controller is first asked to move the partitions this broker leads to others, so that none is
   * without a leader; that takes `controlledShutdownTimeoutMs` at most. With `controlled: false` the broker stops at
   * once, also if a controlled shutdown is under way, and the controllers notice when its session expires.
   */
  close(options?: { readonly controlled?: boolean }): Promise<void>
}

/**
 * Starts a broker. It registers and catches up in the background: `ready` waits for that.
 *
 * @throws TypeError for options that are wrong
 */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  return new MetadataBroker(parseBrokerOptions(options))
}

const servingStates: ReadonlySet<BrokerStateName> = new Set(['running', 'pending-controlled-shutdown'])

class MetadataBroker implements Broker {
  readonly id: number
  readonly handlers: readonly HandledApi[]
  readonly #logger: Logger
  readonly #cache = new MetadataCache()
  readonly #partitions: PartitionTable
  readonly #follower: MetadataFollower
  readonly #driver: LifecycleDriver
  readonly #failed = Promise.withResolvers<Error>()
  readonly #closed = Promise.withResolvers<void>()
  #error: Error | undefined

  constructor(options: ParsedBrokerOptions) {
    const { id, store, clock, random, controllers } = options
    const logger = options.logger.child({ broker: id })
    this.id = id
    this.handlers = metadataReadHandlers({ store, clusterId: options.clusterId })
    this.#logger = logger
    this.#driver = new LifecycleDriver({
      registration: {
        brokerId: id,
        clusterId: options.clusterId,
        incarnationId: options.randomId(),
        endpoints: options.endpoints,
        ...(options.rack === undefined ? {} : { rack: options.rack }),
      },
      timing: options,
      controllers,
      clock,
      random,
      logger,
      onRegistered: (brokerEpoch) => this.#follower.startAt(brokerEpoch + 1),
      onStop: (error) => void this.#shutDown(error),
    })
    this.#partitions = new PartitionTable(id, logger)
    const isrKeeper = new IsrKeeper({
      brokerId: id,
      brokerEpoch: () => this.#driver.brokerEpoch,
      controllers,
      clock,
      random,
      logger,
      requestTimeoutMs: options.requestTimeoutMs,
      retryBackoff: { minMs: options.minRetryBackoffMs, maxMs: options.maxRetryBackoffMs },
      maxPartitionsPerRequest: options.maxPartitionsPerAlterPartition,
    })
    this.#follower = new MetadataFollower({
      store,
      publishers: [this.#cache, this.#partitions, isrKeeper, ...options.publishers],
      logger,
      onPublished: (offset) => this.#driver.published(offset),
      onFailure: (error) => this.#driver.stop(error),
    })
    void store.failed.then((cause) => this.#driver.stop(storeFailed(cause)))
    this.#driver.start()
    isrKeeper.start()
  }

  get state(): BrokerStateName {
    return this.#driver.name
  }

  get brokerEpoch(): number | undefined {
    return this.#driver.brokerEpoch
  }

  get metadata(): MetadataView | undefined {
    return this.#cache.view
  }

  get partitions(): LocalPartitions {
    return this.#partitions
  }

  get failedPublishes(): number {
    return this.#follower.failedPublishes
  }

  get failed(): Promise<Error> {
    return this.#failed.promise
  }

  get serving(): boolean {
    return servingStates.has(this.state)
  }

  throwIfNotServing(): void {
    if (this.serving) return
    const { id, state } = this
    const code: BrokerErrorCode = 'BROKER_NOT_SERVING'
    const message = `broker ${id} is ${state} and serves no clients; ask another broker`
    throw new RpcError(code, message, { brokerId: id, state }, { retriable: true })
  }

  states({ signal }: { readonly signal?: AbortSignal } = {}): AsyncIterable<BrokerStateName> {
    return this.#driver.names(signal)
  }

  async ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    for await (const state of this.#driver.names(signal)) {
      if (state === 'running') return
    }
    throw this.#error ?? new BrokerError('BROKER_CLOSED', `broker ${this.id} is closed`)
  }

  close({ controlled = true }: { readonly controlled?: boolean } = {}): Promise<void> {
    if (controlled) this.#driver.beginControlledShutdown()
    else this.#driver.stop()
    return this.#closed.promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #shutDown(error: Error | undefined): Promise<void> {
    this.#error = error
    if (error !== undefined) this.#logger.fatal({ err: error }, 'broker stops')
    await this.#follower.close()
    await this.#driver.stopped()
    if (error !== undefined) this.#failed.resolve(error)
    this.#closed.resolve()
  }
}

function storeFailed(cause: Error): BrokerError {
  const message = `the metadata store failed: ${cause.message}`
  return new BrokerError('BROKER_STORE_FAILED', message, {}, { cause })
}
