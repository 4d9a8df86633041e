/**
 * A broker's life cycle, its copy of the cluster's metadata, and the partitions it holds.
 *
 * @packageDocumentation
 */
export { openBroker } from './broker.ts'
export type { Broker } from './broker.ts'
export { BrokerError } from './errors.ts'
export type { BrokerErrorCode } from './errors.ts'
export type { BrokerStateName } from './lifecycle/lifecycle.ts'
export type { MetadataView, PartitionLeader } from './metadata/metadata-cache.ts'
export type { MetadataPublisher, PublishContext } from './metadata/publisher.ts'
export type { BrokerOptions } from './options.ts'
export type { LocalPartition, LocalPartitions } from './replication/local-replica-changes.ts'
