import type { RequestOf, ResponseOf } from '@quorate/transport'
import type { describeTopicsApi } from './api/topics.ts'
import { topicByName } from './image/image.ts'
import type { MetadataImage, TopicImage } from './image/image.ts'
import { sortedBy } from './image/snapshot.ts'

type Request = RequestOf<typeof describeTopicsApi>
type Page = Omit<ResponseOf<typeof describeTopicsApi>, 'offset'>
type DescribedTopic = Page['topics'][number]

/** Partitions in one answer unless the request says otherwise. */
const DEFAULT_PARTITION_LIMIT = 2_000

/** One page of the topics asked for, ordered by name, and where the next begins if there is more. */
export function describeTopics(image: MetadataImage, request: Request): Page {
  const { cursor, names = image.topicIds.keys(), partitionLimit = DEFAULT_PARTITION_LIMIT } = request
  const topics: DescribedTopic[] = []
  let room = partitionLimit
  for (const name of sortedBy(new Set(names), (name) => name)) {
    if (cursor !== undefined && name < cursor.topicName) continue
    const from = name === cursor?.topicName ? cursor.partitionId : 0
    if (room === 0) return { topics, nextCursor: { topicName: name, partitionId: from } }
    const topic = topicByName(image, name)
    if (topic === undefined) {
      topics.push(unknownTopic(name))
      continue
    }
    const partitions = sortedBy(topic.partitions.values(), ({ partitionId }) => partitionId).slice(from)
    topics.push(describe(image, topic, partitions.slice(0, room)))
    const next = partitions[room]
    if (next !== undefined) return { topics, nextCursor: { topicName: name, partitionId: next.partitionId } }
    room -= partitions.length
  }
  return { topics }
}

function describe(
  image: MetadataImage,
  { name, topicId }: TopicImage,
  partitions: DescribedTopic['partitions'],
): DescribedTopic {
  const configs = sortedBy(image.topicConfigs.get(name) ?? [], ([name]) => name)
  return { name, topicId, configs: configs.map(([name, value]) => ({ name, value })), partitions }
}

function unknownTopic(name: string): DescribedTopic {
  return {
    name,
    error: 'UNKNOWN_TOPIC_OR_PARTITION',
    message: `there is no topic ${name}`,
    configs: [],
    partitions: [],
  }
}
