/**
 * Kafka's cluster metadata: records, image, and the operations that decide which records to write.
 *
 * @packageDocumentation
 */
export { alterPartitionApi } from './api/alter-partition.ts'
export { brokerHeartbeatApi, brokerRegistrationApi, unregisterBrokerApi } from './api/brokers.ts'
export { barrierApi, describeClusterApi, describeQuorumApi, imageHashApi } from './api/cluster.ts'
export { createPartitionsApi, createTopicsApi, deleteTopicsApi, describeTopicsApi } from './api/topics.ts'
export { controllerClient, ControllerClientError } from './client.ts'
export type {
  ControllerAddress,
  ControllerClient,
  ControllerClientErrorCode,
  ControllerClientOptions,
  ControllerRequestOptions,
} from './client.ts'
export { ControllerError, errorNumbers, OUTCOME_UNKNOWN } from './errors.ts'
export type { ErrorCode } from './errors.ts'
export { isActive, topicByName } from './image/image.ts'
export type {
  BrokerImage,
  Endpoint,
  ImageMap,
  MetadataImage,
  PartitionImage,
  PartitionSet,
  TopicImage,
} from './image/image.ts'
export { metadataRecords } from './records.ts'
export type { MetadataRecord, MetadataRecordOf } from './records.ts'
export { ResourceType } from './records/config-record.ts'
export { NO_LEADER } from './records/fields.ts'
export { metadata } from './metadata.ts'
export { imageHash } from './image/hash.ts'
export { metadataDelta } from './image/delta.ts'
export type { BrokerDelta, ConfigDelta, MetadataDelta, PartitionDelta } from './image/delta.ts'
export { openController } from './controller.ts'
export type { Controller, ControllerOptions, ControllerStatus } from './controller.ts'
export { metadataReadHandlers } from './read-handlers.ts'
export type { MetadataReadOptions } from './read-handlers.ts'
