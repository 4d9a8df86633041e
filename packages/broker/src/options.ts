import type { ControllerClient, Endpoint, MetadataImage, MetadataRecord } from '@quorate/controller'
import type { Store } from '@quorate/store'
import { functionOption, parseOptions, portOption, silentLogger } from '@quorate/transport'
import type { Clock, Logger, Random } from '@quorate/transport'
import { z } from 'zod'
import type { MetadataPublisher } from './metadata/publisher.ts'

/** Options of `openBroker`. */
export interface BrokerOptions {
  /** Number of this broker, unique among the brokers of the cluster. */
  readonly id: number
  readonly clusterId: string
  /** Where clients and other brokers reach this broker; at least one. */
  readonly endpoints: readonly Endpoint[]
  /** Failure domain, for the placement of replicas. @default none */
  readonly rack?: string | undefined
  /** The cluster's metadata: an observer's store, or that of a controller in the same process. Stays the caller's to close. */
  readonly store: Store<MetadataImage, MetadataRecord>
  /** The way to the active controller. Stays the caller's to close. */
  readonly controllers: ControllerClient
  readonly clock: Clock
  readonly random: Random
  /** Makes an id that nobody has had before; names this start of the broker. */
  readonly randomId: () => string
  /** @default silentLogger */
  readonly logger?: Logger
  /** Called after the broker's own publishers, in this order. @default none */
  readonly publishers?: readonly MetadataPublisher[]
  /** Milliseconds between heartbeats; several must fit into the controllers' session timeout. @default 2_000 */
  readonly heartbeatIntervalMs?: number
  /** Milliseconds one request to the controllers may take before it is sent anew. @default 5_000 */
  readonly requestTimeoutMs?: number
  /** Shortest wait in milliseconds after a failed request; doubles with every failure in a row. @default 100 */
  readonly minRetryBackoffMs?: number
  /** Longest such wait, in milliseconds. @default 1_000 */
  readonly maxRetryBackoffMs?: number
  /** Milliseconds until the first registration must have succeeded; then BROKER_REGISTRATION_TIMEOUT. @default 60_000 */
  readonly initialRegistrationTimeoutMs?: number
  /** Milliseconds a controlled shutdown waits for the leaders to move; then the broker stops without. @default 20_000 */
  readonly controlledShutdownTimeoutMs?: number
  /** Partitions one AlterPartition request may name; more wait for the next. 1 to 1,000. @default 1_000 */
  readonly maxPartitionsPerAlterPartition?: number
}

const endpointOption = z.strictObject({
  name: z.string().min(1).max(249),
  host: z.string().min(1).max(255),
  port: z.int().min(0).max(65_535),
})

const optionsSchema = z
  .strictObject({
    id: z.int().min(0).max(0x7f_ff_ff_ff),
    clusterId: z.string().min(1).max(64),
    endpoints: z
      .array(endpointOption)
      .min(1)
      .max(32)
      .refine((endpoints) => new Set(endpoints.map(({ name }) => name)).size === endpoints.length, {
        error: 'names must not repeat',
      }),
    rack: z.string().min(1).max(249).optional(),
    store: portOption<Store<MetadataImage, MetadataRecord>>('changes', 'write'),
    controllers: portOption<ControllerClient>('request'),
    clock: portOption<Clock>('now', 'setTimer'),
    random: functionOption<Random>(),
    randomId: functionOption<() => string>(),
    logger: portOption<Logger>('info', 'child').default(silentLogger),
    publishers: z.array(portOption<MetadataPublisher>('publish')).default([]),
    heartbeatIntervalMs: z.number().positive().default(2_000),
    requestTimeoutMs: z.number().positive().default(5_000),
    minRetryBackoffMs: z.number().positive().default(100),
    maxRetryBackoffMs: z.number().positive().default(1_000),
    initialRegistrationTimeoutMs: z.number().positive().default(60_000),
    controlledShutdownTimeoutMs: z.number().positive().default(20_000),
    maxPartitionsPerAlterPartition: z.int().min(1).max(1_000).default(1_000),
  })
  .refine((options) => options.minRetryBackoffMs <= options.maxRetryBackoffMs, {
    error: 'must be at least minRetryBackoffMs',
    path: ['maxRetryBackoffMs'],
  })

/** Options with every default filled in. */
export type ParsedBrokerOptions = z.output<typeof optionsSchema>

/** @throws TypeError that names every field that is wrong */
export function parseBrokerOptions(options: BrokerOptions): ParsedBrokerOptions {
  return parseOptions('openBroker', optionsSchema, options)
}
