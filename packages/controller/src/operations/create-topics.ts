import type { Decision } from '@quorate/store'
import type { Random, RequestOf, ResponseOf } from '@quorate/transport'
import { MAX_PARTITIONS, MAX_REPLICAS } from '../api/fields.ts'
import type { createTopicsApi } from '../api/topics.ts'
import { ControllerError } from '../errors.ts'
import type { MetadataImage } from '../image/image.ts'
import { placePartitions } from '../placement/striped-placer.ts'
import type { MetadataRecord } from '../records.ts'
import { checkTopicName, collisionName, mayCollide } from '../topic-name.ts'
import { checkAssignment, newPartition, usableBrokers } from './assignment.ts'
import { topicConfigRecords } from './configuration-control.ts'
import { MAX_RECORDS_PER_BATCH } from './limits.ts'
import { perItem } from './per-item.ts'

type Request = RequestOf<typeof createTopicsApi>
type Response = ResponseOf<typeof createTopicsApi>
type TopicRequest = Request['topics'][number]

/** What new topics get that do not say otherwise, and where ids and randomness come from. */
export interface TopicDefaults {
  readonly partitions: number
  readonly replicationFactor: number
  readonly random: Random
  readonly randomId: () => string
}

/**
 * Creates topics, all good ones in one batch: for each its record, its configs, its partitions. The others fail alone.
 *
 * Errors per topic: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_REQUEST, INVALID_PARTITIONS,
 * INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG, POLICY_VIOLATION (does not fit the batch).
 */
export function createTopics(
  image: MetadataImage,
  request: Request,
  defaults: TopicDefaults,
  maxRecords = MAX_RECORDS_PER_BATCH,
): Decision<MetadataRecord, Response> {
  const records: MetadataRecord[] = []
  const created = new Map<string, string>()
  const repeated = repeatedNames(request.topics)
  const topics = request.topics.map((topic) => ({
    name: topic.name,
    ...perItem(() => {
      checkName(image, topic.name, created, repeated)
      const replicas = replicasOf(image, topic, defaults)
      const topicId = defaults.randomId()
      const own: MetadataRecord[] = [
        { type: 'TopicRecord', name: topic.name, topicId },
        ...topicConfigRecords(topic.name, topic.configs ?? []),
        ...replicas.map((brokerIds, partitionId) => newPartition(image, topicId, partitionId, brokerIds)),
      ]
      if (records.length + own.length > maxRecords) {
        throw new ControllerError(
          'POLICY_VIOLATION',
          `more than ${maxRecords} records for one request; create topic ${topic.name} with another`,
        )
      }
      records.push(...own)
      created.set(collisionName(topic.name), topic.name)
      return {
        ...(request.validateOnly === true ? {} : { topicId }),
        partitions: replicas.length,
        replicationFactor: replicas[0]?.length ?? 0,
      }
    }),
  }))
  return { records: request.validateOnly === true ? [] : records, response: { topics } }
}

function repeatedNames(topics: readonly TopicRequest[]): ReadonlySet<string> {
  const names = topics.map(({ name }) => name)
  return new Set(names.filter((name, index) => names.indexOf(name) !== index))
}

function checkName(
  image: MetadataImage,
  name: string,
  created: ReadonlyMap<string, string>,
  repeated: ReadonlySet<string>,
): void {
  checkTopicName(name)
  if (repeated.has(name)) {
    throw new ControllerError('INVALID_REQUEST', `the request names topic ${name} more than once`)
  }
  if (image.topicIds.has(name)) {
    throw new ControllerError('TOPIC_ALREADY_EXISTS', `topic ${name} exists already`)
  }
  if (!mayCollide(name)) return
  const other = image.collidingNames.get(collisionName(name)) ?? created.get(collisionName(name))
  if (other !== undefined) {
    throw new ControllerError(
      'INVALID_TOPIC_EXCEPTION',
      `topic name ${name} collides with ${other}: '.' and '_' are the same in the names of metrics`,
    )
  }
}

function replicasOf(
  image: MetadataImage,
  topic: TopicRequest,
  defaults: TopicDefaults,
): readonly (readonly number[])[] {
  if (topic.assignments !== undefined && topic.assignments.length > 0) return assignedReplicas(image, topic)
  const partitions = topic.partitions ?? -1
  if (partitions === 0 || partitions < -1 || partitions > MAX_PARTITIONS) {
    throw new ControllerError(
      'INVALID_PARTITIONS',
      `a topic has 1 to ${MAX_PARTITIONS} partitions, or -1 for the default, not ${partitions}`,
    )
  }
  const replicationFactor = topic.replicationFactor ?? -1
  if (replicationFactor === 0 || replicationFactor < -1 || replicationFactor > MAX_REPLICAS) {
    throw new ControllerError(
      'INVALID_REPLICATION_FACTOR',
      `a partition has 1 to ${MAX_REPLICAS} replicas, or -1 for the default, not ${replicationFactor}`,
    )
  }
  return placePartitions({
    brokers: usableBrokers(image),
    partitions: partitions === -1 ? defaults.partitions : partitions,
    replicationFactor: replicationFactor === -1 ? defaults.replicationFactor : replicationFactor,
    random: defaults.random,
  })
}

function assignedReplicas(image: MetadataImage, topic: TopicRequest): readonly (readonly number[])[] {
  if ((topic.partitions ?? -1) !== -1 || (topic.replicationFactor ?? -1) !== -1) {
    throw new ControllerError(
      'INVALID_REQUEST',
      'give either assignments, or a number of partitions and a replication factor',
    )
  }
  const assignments = (topic.assignments ?? []).toSorted((a, b) => a.partitionId - b.partitionId)
  if (!assignments.every(({ partitionId }, index) => partitionId === index)) {
    throw new ControllerError(
      'INVALID_REPLICA_ASSIGNMENT',
      'assignments number the partitions from 0, each once, without a gap',
    )
  }
  const replicationFactor = assignments[0]?.brokerIds.length ?? 0
  return assignments.map(({ brokerIds }) => {
    checkAssignment(image, brokerIds, replicationFactor)
    return brokerIds
  })
}
