import type { RequestOf, ResponseOf } from '@quorate/transport'
import type { Decision } from '@quorate/store'
import type { alterPartitionApi } from '../api/alter-partition.ts'
import { MAX_PARTITIONS } from '../api/fields.ts'
import { ControllerError } from '../errors.ts'
import { isActive } from '../image/image.ts'
import type { MetadataImage, PartitionImage } from '../image/image.ts'
import type { MetadataRecord } from '../records.ts'
import { registration } from './heartbeat-control.ts'
import { changePartition } from './partition-change.ts'
import { perItem } from './per-item.ts'

type Request = RequestOf<typeof alterPartitionApi>
type Response = ResponseOf<typeof alterPartitionApi>
type PartitionRequest = Request['topics'][number]['partitions'][number]

/**
 * Gives partitions the in-sync sets their leader asks for. Each is compared with the partition epoch it was decided
 * upon, and fails alone.
 *
 * @throws STALE_BROKER_EPOCH, INVALID_REQUEST (too many partitions), for the whole request
 */
export function alterPartitions(image: MetadataImage, request: Request): Decision<MetadataRecord, Response> {
  registration(image, request)
  const count = request.topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
  if (count > MAX_PARTITIONS) {
    throw new ControllerError(
      'INVALID_REQUEST',
      `a request may name ${MAX_PARTITIONS} partitions, not ${count}; send several`,
    )
  }
  const records: MetadataRecord[] = []
  const seen = new Set<string>()
  const topics = request.topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((wanted) => ({
      partitionId: wanted.partitionId,
      ...perItem(() => {
        const key = `${topicId}/${wanted.partitionId}`
        if (seen.has(key)) throw new ControllerError('INVALID_REQUEST', `partition ${key} is named twice`)
        seen.add(key)
        const { partition, record } = alterPartition(image, request.brokerId, topicId, wanted)
        if (record !== undefined) records.push(record)
        return partition
      }),
    })),
  }))
  return { records, response: { topics } }
}

function alterPartition(
  image: MetadataImage,
  leaderId: number,
  topicId: string,
  wanted: PartitionRequest,
): {
  readonly record: MetadataRecord | undefined
  readonly partition: Pick<PartitionImage, 'leader' | 'leaderEpoch' | 'isr' | 'partitionEpoch'>
} {
  const partition = findPartition(image, topicId, wanted.partitionId)
  checkEpochs(partition, leaderId, wanted)
  const isr = wanted.newIsr.map(({ brokerId }) => brokerId)
  checkMembers(partition, isr)
  checkEligible(image, wanted)
  const record = changePartition(partition, { isr, canLead: (id) => isActive(image, id) })
  const { leader, leaderEpoch, partitionEpoch } = partition
  return {
    record,
    partition: {
      leader: record?.leader ?? leader,
      leaderEpoch: leaderEpoch + (record?.leader === undefined ? 0 : 1),
      isr,
      partitionEpoch: partitionEpoch + (record === undefined ? 0 : 1),
    },
  }
}

function findPartition(image: MetadataImage, topicId: string, partitionId: number): PartitionImage {
  const topic = image.topics.get(topicId)
  if (topic === undefined) throw new ControllerError('UNKNOWN_TOPIC_ID', `there is no topic ${topicId}`)
  const partition = topic.partitions.get(partitionId)
  if (partition === undefined) {
    throw new ControllerError(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `topic ${topic.name} has no partition ${partitionId}`,
    )
  }
  return partition
}

function checkEpochs(partition: PartitionImage, leaderId: number, wanted: PartitionRequest): void {
  const name = `partition ${partition.partitionId}`
  if (wanted.leaderEpoch > partition.leaderEpoch || wanted.partitionEpoch > partition.partitionEpoch) {
    throw new ControllerError(
      'NOT_CONTROLLER',
      `the request knows a later state of ${name} than this controller`,
    )
  }
  if (wanted.leaderEpoch < partition.leaderEpoch) {
    throw new ControllerError(
      'FENCED_LEADER_EPOCH',
      `leader epoch ${wanted.leaderEpoch} of ${name} is over; it is ${partition.leaderEpoch} now`,
    )
  }
  if (leaderId !== partition.leader) {
    throw new ControllerError('INVALID_REQUEST', `broker ${leaderId} does not lead ${name}`)
  }
  if (wanted.partitionEpoch < partition.partitionEpoch) {
    throw new ControllerError(
      'INVALID_UPDATE_VERSION',
      `${name} changed since epoch ${wanted.partitionEpoch}; it has ${partition.partitionEpoch} now`,
    )
  }
}

function checkMembers(partition: PartitionImage, isr: readonly number[]): void {
  const fault =
    new Set(isr).size !== isr.length
      ? 'repeats a member'
      : !isr.every((id) => partition.replicas.includes(id))
        ? `has a member that is no replica (${partition.replicas.join(',')})`
        : !isr.includes(partition.leader)
          ? `lacks its leader ${partition.leader}`
          : undefined
  if (fault === undefined) return
  throw new ControllerError(
    'INVALID_REQUEST',
    `the in-sync set ${isr.join(',')} of partition ${partition.partitionId} ${fault}`,
  )
}

/** A replica that is about to leave, or that started anew since its leader saw it, would be in sync in name only. */
function checkEligible(image: MetadataImage, { newIsr }: PartitionRequest): void {
  const ineligible = newIsr.filter(
    ({ brokerEpoch, brokerId }) =>
      !isActive(image, brokerId) ||
      (brokerEpoch !== -1 && brokerEpoch !== image.brokers.get(brokerId)?.brokerEpoch),
  )
  if (ineligible.length === 0) return
  const ids = ineligible.map(({ brokerId }) => brokerId)
  throw new ControllerError(
    'INELIGIBLE_REPLICA',
    `brokers ${ids.join(',')} are fenced, shutting down, gone, or registered anew`,
    { brokerIds: ids },
  )
}
