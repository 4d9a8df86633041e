import { assertInvariant } from '@quorate/log'
import { withoutIndexes } from '../image/partition.ts'
import type { ImageState } from '../image/state.ts'
import type { MetadataRecordOf } from '../records.ts'
import { collisionName } from '../topic-name.ts'

/** Removes a topic with its partitions and configs. @throws InvariantError if there is no such topic */
export function foldRemoveTopic(image: ImageState, record: MetadataRecordOf<'RemoveTopic'>): ImageState {
  const topic = image.topics.get(record.topicId)
  assertInvariant(topic !== undefined, `topic ${record.topicId} exists when it is removed`)
  let next = image
  for (const partition of topic.partitions.values()) next = withoutIndexes(next, partition)
  return {
    ...next,
    topics: next.topics.delete(topic.topicId),
    topicIds: next.topicIds.delete(topic.name),
    topicConfigs: next.topicConfigs.delete(topic.name),
    collidingNames: next.collidingNames.delete(collisionName(topic.name)),
  }
}
