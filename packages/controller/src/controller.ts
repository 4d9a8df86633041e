import type { Decision, Store } from '@quorate/store'
import { functionOption, handle, parseOptions, portOption, silentLogger } from '@quorate/transport'
import type { Clock, HandledApi, Logger, Random } from '@quorate/transport'
import { z } from 'zod'
import { Reign } from './active/reign.ts'
import { alterPartitionApi } from './api/alter-partition.ts'
import { brokerHeartbeatApi, brokerRegistrationApi, unregisterBrokerApi } from './api/brokers.ts'
import { barrierApi } from './api/cluster.ts'
import { MAX_PARTITIONS, MAX_REPLICAS } from './api/fields.ts'
import { createPartitionsApi, createTopicsApi, deleteTopicsApi } from './api/topics.ts'
import type { MetadataImage } from './image/image.ts'
import { registerBroker, unregisterBroker } from './operations/cluster-control.ts'
import { createPartitions } from './operations/create-partitions.ts'
import { createTopics } from './operations/create-topics.ts'
import type { TopicDefaults } from './operations/create-topics.ts'
import { deleteTopics } from './operations/delete-topics.ts'
import { processHeartbeat } from './operations/heartbeat-control.ts'
import type { HeartbeatOutcome, HeartbeatRequest } from './operations/heartbeat-control.ts'
import { MAX_RECORDS_PER_BATCH } from './operations/limits.ts'
import { alterPartitions } from './operations/partition-control.ts'
import { metadataReadHandlers } from './read-handlers.ts'
import type { MetadataRecord } from './records.ts'
import { notController, refusalOf } from './refusal.ts'

/** Options of {@link openController}. */
export interface ControllerOptions {
  /** The metadata store of this node, a voter. The controller does not close it. */
  readonly store: Store<MetadataImage, MetadataRecord>
  /** Brokers of another cluster are refused. */
  readonly clusterId: string
  readonly clock: Clock
  readonly random: Random
  /** Makes the ids of topics. Must never make one twice: `crypto.randomUUID` is right. */
  readonly randomId: () => string
  /** @default silentLogger */
  readonly logger?: Logger
  /** Milliseconds without a heartbeat after which a broker is fenced. @default 9_000 */
  readonly sessionTimeoutMs?: number
  /** Partitions of a topic that does not say. @default 1 */
  readonly defaultPartitions?: number
  /** Replicas of a topic that does not say. @default 3 */
  readonly defaultReplicationFactor?: number
  /** Records one batch may hold; larger changes take several. @default 10_000 */
  readonly maxRecordsPerBatch?: number
}

/** What a controller is at this moment. */
export interface ControllerStatus {
  /** It takes writes. */
  readonly active: boolean
  readonly epoch: number
  readonly leaderId: number | undefined
}

/** A node's controller; made by {@link openController}. */
export interface Controller extends AsyncDisposable {
  /**
   * For `serveRpc`: the writes, which only the active controller takes, the barrier, and what
   * {@link metadataReadHandlers} has.
   *
   * Refusals: the code of the operation; NOT_CONTROLLER with `details.leaderId` (nothing written; ask that one);
   * RPC_OVERLOADED and NODE_NOT_READY (nothing written; retry); OUTCOME_UNKNOWN (may or may not be committed).
   */
  readonly handlers: readonly HandledApi[]
  status(): ControllerStatus
  /** Takes no more writes, stops fencing brokers, and waits for what is under way. Leaves the store open. Idempotent. */
  close(): Promise<void>
}

const optionsSchema = z.strictObject({
  store: portOption<ControllerOptions['store']>('write', 'leaderships'),
  clusterId: z.string().min(1).max(64),
  clock: portOption<Clock>('now', 'setTimer'),
  random: functionOption<Random>(),
  randomId: functionOption<() => string>(),
  logger: portOption<Logger>('info', 'child').default(silentLogger),
  sessionTimeoutMs: z.number().positive().default(9_000),
  defaultPartitions: z.int().min(1).max(MAX_PARTITIONS).default(1),
  defaultReplicationFactor: z.int().min(1).max(MAX_REPLICAS).default(3),
  maxRecordsPerBatch: z.int().min(2).default(MAX_RECORDS_PER_BATCH),
})

/**
 * Makes a controller of a node's metadata store. It is active, and fences brokers that fall silent, while the store's
 * node leads the quorum.
 *
 * @throws TypeError for options that are wrong
 */
export function openController(options: ControllerOptions): Controller {
  return new ActiveController(parseOptions('openController', optionsSchema, options))
}

class ActiveController implements Controller {
  readonly handlers: readonly HandledApi[]
  readonly #options: z.output<typeof optionsSchema>
  readonly #defaults: TopicDefaults
  readonly #closing = new AbortController()
  readonly #following: Promise<void>
  #reign: Reign | undefined

  constructor(options: z.output<typeof optionsSchema>) {
    this.#options = options
    this.#defaults = {
      partitions: options.defaultPartitions,
      replicationFactor: options.defaultReplicationFactor,
      random: options.random,
      randomId: options.randomId,
    }
    this.handlers = [...this.#writeHandlers(), ...metadataReadHandlers(options)]
    this.#following = this.#followLeadership()
  }

  status(): ControllerStatus {
    const { epoch, leaderId, leading } = this.#options.store.leadership
    return { active: leading && !this.#closing.signal.aborted, epoch, leaderId }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#following
    await this.#reign?.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #writeHandlers(): HandledApi[] {
    const { maxRecordsPerBatch: limit, store } = this.#options
    return [
      handle(createTopicsApi, (request) =>
        this.#write((image) => createTopics(image, request, this.#defaults, limit)),
      ),
      handle(deleteTopicsApi, (request) => this.#write((image) => deleteTopics(image, request))),
      handle(createPartitionsApi, (request) =>
        this.#write((image) => createPartitions(image, request, this.#defaults, limit)),
      ),
      handle(alterPartitionApi, (request) => this.#write((image) => alterPartitions(image, request))),
      handle(brokerRegistrationApi, (request) => this.#register(request)),
      handle(brokerHeartbeatApi, (request) => this.#heartbeat(request)),
      handle(unregisterBrokerApi, ({ brokerId }) => this.#unregister(brokerId)),
      handle(barrierApi, async () => {
        this.#active()
        return { offset: await this.#refusing(store.barrier()) }
      }),
    ]
  }

  async #register(request: Parameters<typeof registerBroker>[1]): Promise<{ readonly brokerEpoch: number }> {
    const reign = this.#active()
    const { clusterId } = this.#options
    const response = await this.#write((image, next) => registerBroker(image, request, { clusterId, next }))
    reign.heartbeats.begin(request.brokerId)
    reign.watch()
    return response
  }

  async #unregister(brokerId: number): Promise<Record<string, never>> {
    const reign = this.#active()
    let more = true
    while (more) {
      ;({ more } = await this.#write((image) =>
        unregisterBroker(image, brokerId, this.#options.maxRecordsPerBatch),
      ))
    }
    reign.heartbeats.end(brokerId)
    return {}
  }

  async #heartbeat(request: HeartbeatRequest): Promise<HeartbeatOutcome['answer']> {
    const reign = this.#active()
    const { brokerEpoch, brokerId, currentMetadataOffset } = request
    const { maxRecordsPerBatch: limit, store } = this.#options
    // Before anything else: a controller too busy to answer in time must not fence brokers that do their part.
    if (store.image.brokers.get(brokerId)?.brokerEpoch === brokerEpoch) {
      reign.heartbeats.touch(brokerId, currentMetadataOffset)
      reign.watch()
    }
    for (;;) {
      const { answer, endOffset, more, state } = await this.#write((image, next) =>
        processHeartbeat(image, request, { soft: reign.heartbeats.stateOf(image, brokerId), next, limit }),
      )
      if (state === 'controlled-shutdown' && !more) reign.heartbeats.leadersMoved(brokerId, endOffset)
      if (more && state === 'unfenced') await this.#refusing(reign.electLeaders())
      if (!more || state === 'unfenced') return answer
    }
  }

  #write<Response>(
    operation: (image: MetadataImage, next: number) => Decision<MetadataRecord, Response>,
  ): Promise<Response> {
    this.#active()
    return this.#refusing(this.#options.store.write(operation))
  }

  async #refusing<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work
    } catch (error) {
      throw refusalOf(error, this.#options.store.leadership)
    }
  }

  /** This node's reign, begun at once if it leads and nobody noticed yet. @throws NOT_CONTROLLER */
  #active(): Reign {
    const { store, clock, logger, sessionTimeoutMs, maxRecordsPerBatch } = this.#options
    const { epoch, leaderId, leading } = store.leadership
    if (!leading || this.#closing.signal.aborted) throw notController(leading ? undefined : leaderId)
    if (this.#reign?.epoch !== epoch) {
      void this.#reign?.end()
      this.#reign = new Reign({ epoch, store, clock, logger, sessionTimeoutMs, maxRecordsPerBatch })
    }
    return this.#reign
  }

  async #followLeadership(): Promise<void> {
    const { signal } = this.#closing
    const { logger, store } = this.#options
    try {
      for await (const _ of store.leaderships({ signal })) {
        // What arrives here may be late: a handler may have seen the next reign already, and begun it.
        if (store.leadership.leading) this.#active()
        else {
          // Let go of first: a handler may begin the next reign while this one ends.
          const over = this.#reign
          this.#reign = undefined
          await over?.end()
        }
      }
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'the store stopped; so does its controller')
    }
  }
}
