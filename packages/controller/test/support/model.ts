import assert from 'node:assert/strict'
import type { Decision } from '@quorate/store'
import { isActive } from '../../src/image/image.ts'
import type { MetadataImage, PartitionImage } from '../../src/image/image.ts'
import { metadata } from '../../src/metadata.ts'
import type { MetadataRecord } from '../../src/records.ts'

/** Folds `records` into `image`, the first at `offset`. */
export function folded(
  records: Iterable<MetadataRecord>,
  image: MetadataImage = metadata.empty(),
  offset = 0,
): MetadataImage {
  let next = image
  let at = offset
  for (const record of records) next = metadata.fold(next, record, { offset: at++, epoch: 1, timestampMs: 0 })
  return next
}

/** A cluster's metadata without a quorum under it: what is decided is committed. */
export class Model {
  image: MetadataImage
  offset: number
  readonly log: MetadataRecord[] = []

  constructor(records: readonly MetadataRecord[] = []) {
    this.image = metadata.empty()
    this.offset = 0
    this.append(records)
  }

  append(records: readonly MetadataRecord[]): void {
    this.image = folded(records, this.image, this.offset)
    this.offset += records.length
    this.log.push(...records)
  }

  run<Response>(
    decide: (image: MetadataImage, next: number) => Decision<MetadataRecord, Response>,
  ): Response {
    const { records, response } = decide(this.image, this.offset)
    this.append(records)
    return response
  }

  partition(name: string, partitionId = 0): PartitionImage {
    const partition = this.image.topics.get(this.image.topicIds.get(name) ?? '')?.partitions.get(partitionId)
    assert(partition, `partition ${name}-${partitionId}`)
    return partition
  }
}

/** What must be true of every partition after every batch (Kafka's partition invariants). */
export function assertPartitionInvariants(image: MetadataImage): void {
  for (const topic of image.topics.values()) {
    for (const { isr, leader, partitionId, replicas } of topic.partitions.values()) {
      const name = `${topic.name}-${partitionId} [${replicas.join()}] isr [${isr.join()}] leader ${leader}`
      assert(isr.length > 0, `${name}: someone is in sync`)
      assert(new Set(isr).size === isr.length, `${name}: nobody is in sync twice`)
      assert(
        isr.every((id) => replicas.includes(id)),
        `${name}: who is in sync is a replica`,
      )
      if (leader === -1) {
        assert(isr.length === 1, `${name}: only the last in sync is waited for`)
        assert(!isr.some((id) => isActive(image, id)), `${name}: nobody who could lead is passed over`)
      } else {
        assert(isr.includes(leader), `${name}: the leader is in sync`)
        assert(
          isr.every((id) => isActive(image, id)),
          `${name}: who is in sync is active`,
        )
      }
    }
  }
}

/** The derived indexes as they follow from the partitions. */
export function assertIndexes(image: MetadataImage): void {
  const byMember = new Map<number, Set<string>>()
  const byLeader = new Map<number, Set<string>>()
  for (const topic of image.topics.values()) {
    for (const { isr, leader, partitionId } of topic.partitions.values()) {
      for (const id of isr) put(byMember, id, `${topic.topicId}/${partitionId}`)
      put(byLeader, leader, `${topic.topicId}/${partitionId}`)
    }
  }
  assert.deepEqual(flat(image.partitionsByIsrMember), byMember)
  assert.deepEqual(flat(image.partitionsByLeader), byLeader)
}

function put(index: Map<number, Set<string>>, id: number, key: string): void {
  index.set(id, (index.get(id) ?? new Set()).add(key))
}

function flat(index: MetadataImage['partitionsByLeader']): Map<number, Set<string>> {
  return new Map(
    Array.from(index, ([id, topics]) => [
      id,
      new Set(Array.from(topics, ([topicId, ids]) => Array.from(ids, (n) => `${topicId}/${n}`)).flat()),
    ]),
  )
}

export interface BrokerFields {
  readonly fenced?: boolean
  readonly inControlledShutdown?: boolean
  readonly rack?: string
  readonly brokerEpoch?: number
}

/** A broker that is online unless it says otherwise; its epoch is a hundred times its id. */
export function broker(brokerId: number, fields: BrokerFields = {}): MetadataRecord {
  return {
    type: 'BrokerRecord',
    brokerId,
    incarnationId: `incarnation-${fields.brokerEpoch ?? brokerId * 100}`,
    brokerEpoch: brokerId * 100,
    endpoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9_000 + brokerId }],
    fenced: false,
    inControlledShutdown: false,
    ...fields,
  }
}

/** A topic with one partition for each list of replicas; all that are named are in sync, the first leads. */
export function topic(name: string, ...partitions: readonly (readonly number[])[]): MetadataRecord[] {
  return [
    { type: 'TopicRecord', name, topicId: `id-of-${name}` },
    ...partitions.map((replicas, partitionId) => partition(name, partitionId, replicas)),
  ]
}

/** A partition whose replicas are all in sync, led by the first, unless it says otherwise. */
export function partition(
  name: string,
  partitionId: number,
  replicas: readonly number[],
  fields: { readonly isr?: readonly number[]; readonly leader?: number } = {},
): MetadataRecord {
  return {
    type: 'PartitionRecord',
    topicId: `id-of-${name}`,
    partitionId,
    replicas,
    isr: replicas,
    leader: replicas[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    ...fields,
  }
}

/** A config of a topic; `null` deletes it. */
export function config(name: string, value: string | null, resourceName = 'orders'): MetadataRecord {
  return { type: 'ConfigRecord', resourceType: 2, resourceName, name, value }
}

/** The same numbers in the same order, in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Ids in order: `id-1`, `id-2`. */
export function idSource(): () => string {
  let count = 0
  return () => `id-${++count}`
}
