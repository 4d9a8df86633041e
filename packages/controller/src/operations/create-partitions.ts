import type { Decision } from '@quorate/store'
import type { Random, RequestOf, ResponseOf } from '@quorate/transport'
import { MAX_PARTITIONS } from '../api/fields.ts'
import type { createPartitionsApi } from '../api/topics.ts'
import { ControllerError } from '../errors.ts'
import { topicByName } from '../image/image.ts'
import type { MetadataImage, TopicImage } from '../image/image.ts'
import { placePartitions } from '../placement/striped-placer.ts'
import type { MetadataRecord } from '../records.ts'
import { checkAssignment, newPartition, usableBrokers } from './assignment.ts'
import { MAX_RECORDS_PER_BATCH } from './limits.ts'
import { perItem } from './per-item.ts'

type Request = RequestOf<typeof createPartitionsApi>
type Response = ResponseOf<typeof createPartitionsApi>
type TopicRequest = Request['topics'][number]

/**
 * Adds partitions to topics, with as many replicas as their first has. The ones there are stay as they are.
 *
 * Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, INVALID_REQUEST (named twice), INVALID_PARTITIONS,
 * INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR, POLICY_VIOLATION (does not fit the batch).
 */
export function createPartitions(
  image: MetadataImage,
  request: Request,
  { random }: { readonly random: Random },
  maxRecords = MAX_RECORDS_PER_BATCH,
): Decision<MetadataRecord, Response> {
  const records: MetadataRecord[] = []
  const seen = new Set<string>()
  const topics = request.topics.map((wanted) => ({
    name: wanted.name,
    ...perItem(() => {
      if (seen.has(wanted.name)) {
        throw new ControllerError('INVALID_REQUEST', `the request names topic ${wanted.name} more than once`)
      }
      seen.add(wanted.name)
      const own = newPartitions(image, wanted, random)
      if (records.length + own.length > maxRecords) {
        throw new ControllerError(
          'POLICY_VIOLATION',
          `more than ${maxRecords} records for one request; change topic ${wanted.name} with another`,
        )
      }
      records.push(...own)
      return {}
    }),
  }))
  return { records: request.validateOnly === true ? [] : records, response: { topics } }
}

function newPartitions(image: MetadataImage, wanted: TopicRequest, random: Random): MetadataRecord[] {
  const topic = topicByName(image, wanted.name)
  if (topic === undefined) {
    throw new ControllerError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${wanted.name}`)
  }
  const existing = topic.partitions.size
  if (wanted.count <= existing || wanted.count > MAX_PARTITIONS) {
    throw new ControllerError(
      'INVALID_PARTITIONS',
      `topic ${topic.name} has ${existing} partitions; it can be given ${existing + 1} to ${MAX_PARTITIONS}, not ${wanted.count}`,
    )
  }
  return replicasOf(image, topic, wanted, random).map((replicas, index) =>
    newPartition(image, topic.topicId, existing + index, replicas),
  )
}

function replicasOf(
  image: MetadataImage,
  topic: TopicImage,
  { assignments, count }: TopicRequest,
  random: Random,
): readonly (readonly number[])[] {
  const partitions = count - topic.partitions.size
  const replicationFactor = topic.partitions.get(0)?.replicas.length ?? 0
  if (assignments === undefined) {
    return placePartitions({ brokers: usableBrokers(image), partitions, replicationFactor, random })
  }
  if (assignments.length !== partitions) {
    throw new ControllerError(
      'INVALID_REPLICA_ASSIGNMENT',
      `${partitions} new partitions need as many assignments, not ${assignments.length}`,
    )
  }
  for (const replicas of assignments) checkAssignment(image, replicas, replicationFactor)
  return assignments
}
