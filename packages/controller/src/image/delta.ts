import type { Change } from '@quorate/store'
import type { MetadataRecord } from '../records.ts'
import type { BrokerImage, MetadataImage, PartitionImage, TopicImage } from './image.ts'

/** A broker's registration before and after; `previous` is absent if it is new, `current` if it is gone. */
export interface BrokerDelta {
  readonly brokerId: number
  readonly previous: BrokerImage | undefined
  readonly current: BrokerImage | undefined
}

/** A partition before and after; `previous` is absent if it is new. Partitions go only with their topic. */
export interface PartitionDelta {
  readonly topicName: string
  readonly previous: PartitionImage | undefined
  readonly current: PartitionImage
}

/** A topic's config before and after; absent means its default. */
export interface ConfigDelta {
  readonly topicName: string
  readonly name: string
  readonly previous: string | undefined
  readonly current: string | undefined
}

/** What changed from one image to a later one. What came and went in between does not appear. */
export interface MetadataDelta {
  /** Computed from nothing: `topicsCreated` is all topics there are, and so on. Forget what is not in it. */
  readonly snapshot: boolean
  readonly brokers: readonly BrokerDelta[]
  readonly topicsCreated: readonly TopicImage[]
  /** As they were. A topic deleted and created again under its name has two ids and is in both lists. */
  readonly topicsDeleted: readonly TopicImage[]
  /** Also those of created topics; not those of deleted ones. */
  readonly partitions: readonly PartitionDelta[]
  /** Also those of created and deleted topics. */
  readonly configs: readonly ConfigDelta[]
}

/**
 * Turns a change of the store into what publishers need. Costs the size of the change: only what a record of it names
 * is compared, once, in the order it was first named.
 */
export function metadataDelta(
  change: Pick<Change<MetadataImage, MetadataRecord>, 'delta' | 'previous' | 'image' | 'snapshot'>,
): MetadataDelta {
  const { previous, image } = change
  const touched = touchedBy(change.delta, previous)
  const topicsCreated: TopicImage[] = []
  const topicsDeleted: TopicImage[] = []
  for (const topicId of touched.topics) {
    const [before, after] = [previous.topics.get(topicId), image.topics.get(topicId)]
    if (before === undefined && after !== undefined) topicsCreated.push(after)
    if (before !== undefined && after === undefined) topicsDeleted.push(before)
  }
  return {
    snapshot: change.snapshot,
    brokers: [...touched.brokers].flatMap((brokerId) => {
      const [before, current] = [previous.brokers.get(brokerId), image.brokers.get(brokerId)]
      return before === current ? [] : [{ brokerId, previous: before, current }]
    }),
    topicsCreated,
    topicsDeleted,
    partitions: [...touched.partitions].flatMap(([topicId, partitionIds]) =>
      partitionDeltas(topicId, partitionIds, previous, image),
    ),
    configs: [...touched.configs].flatMap((topicName) => configDeltas(topicName, previous, image)),
  }
}

interface Touched {
  readonly brokers: Set<number>
  readonly topics: Set<string>
  readonly partitions: Map<string, Set<number>>
  /** Names of topics. */
  readonly configs: Set<string>
}

function touchedBy(delta: readonly MetadataRecord[], previous: MetadataImage): Touched {
  const touched: Touched = {
    brokers: new Set(),
    topics: new Set(),
    partitions: new Map(),
    configs: new Set(),
  }
  for (const record of delta) {
    switch (record.type) {
      case 'BrokerRecord':
      case 'BrokerRegistrationChange':
      case 'UnregisterBroker':
        touched.brokers.add(record.brokerId)
        break
      case 'TopicRecord':
        touched.topics.add(record.topicId)
        break
      case 'RemoveTopic': {
        touched.topics.add(record.topicId)
        const name = previous.topics.get(record.topicId)?.name
        if (name !== undefined) touched.configs.add(name)
        break
      }
      case 'PartitionRecord':
      case 'IsrChange': {
        const partitionIds = touched.partitions.get(record.topicId) ?? new Set()
        touched.partitions.set(record.topicId, partitionIds.add(record.partitionId))
        break
      }
      case 'ConfigRecord':
        touched.configs.add(record.resourceName)
        break
    }
  }
  return touched
}

function partitionDeltas(
  topicId: string,
  partitionIds: Iterable<number>,
  previous: MetadataImage,
  image: MetadataImage,
): PartitionDelta[] {
  const topic = image.topics.get(topicId)
  if (topic === undefined) return []
  const before = previous.topics.get(topicId)
  return Array.from(partitionIds).flatMap((partitionId) => {
    const current = topic.partitions.get(partitionId)
    const old = before?.partitions.get(partitionId)
    return current === undefined || current === old ? [] : [{ topicName: topic.name, previous: old, current }]
  })
}

function configDeltas(topicName: string, previous: MetadataImage, image: MetadataImage): ConfigDelta[] {
  const before = previous.topicConfigs.get(topicName)
  const after = image.topicConfigs.get(topicName)
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])
  return Array.from(names).flatMap((name) => {
    const [old, current] = [before?.get(name), after?.get(name)]
    return old === current ? [] : [{ topicName, name, previous: old, current }]
  })
}
