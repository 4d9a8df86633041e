import type { MetadataRecord } from '../records.ts'
import { ResourceType } from '../records/config-record.ts'
import type { MetadataImage, TopicImage } from './image.ts'

/**
 * Records that rebuild `image` from the empty one: brokers, then each topic with its configs and partitions.
 *
 * The order depends on nothing but what is in the image: equal images yield equal records, whatever their history.
 */
export function* snapshot(image: MetadataImage): Generator<MetadataRecord> {
  for (const broker of sortedBy(image.brokers.values(), (broker) => broker.brokerId)) {
    yield { type: 'BrokerRecord', ...broker }
  }
  for (const topic of sortedBy(image.topics.values(), (topic) => topic.topicId)) {
    yield* topicRecords(image, topic)
  }
}

function* topicRecords(image: MetadataImage, topic: TopicImage): Generator<MetadataRecord> {
  const { partitions, ...fields } = topic
  yield { type: 'TopicRecord', ...fields }
  for (const [name, value] of sortedBy(image.topicConfigs.get(topic.name) ?? [], ([name]) => name)) {
    yield {
      type: 'ConfigRecord',
      resourceType: ResourceType.topic,
      resourceName: topic.name,
      name,
      value,
    }
  }
  for (const partition of sortedBy(partitions.values(), (partition) => partition.partitionId)) {
    yield { type: 'PartitionRecord', ...partition }
  }
}

/** `items` in ascending order of `key`; strings by code unit, so that every machine agrees. */
export function sortedBy<Item>(items: Iterable<Item>, key: (item: Item) => number | string): Item[] {
  return Array.from(items).toSorted((a, b) => {
    const [left, right] = [key(a), key(b)]
    return left < right ? -1 : left > right ? 1 : 0
  })
}
