import { assertInvariant } from '@quorate/log'
import { Map } from 'immutable'
import type { ImageState } from '../image/state.ts'
import type { MetadataRecordOf } from '../records.ts'
import { collisionName, mayCollide } from '../topic-name.ts'

/** Adds a topic without partitions. @throws InvariantError if its id or name is taken, or its name collides */
export function foldTopicRecord(image: ImageState, record: MetadataRecordOf<'TopicRecord'>): ImageState {
  const { type: _, ...topic } = record
  const { name, topicId } = topic
  assertInvariant(!image.topics.has(topicId), `topic id ${topicId} is new`)
  assertInvariant(!image.topicIds.has(name), `topic name ${name} is free`)
  assertInvariant(!image.collidingNames.has(collisionName(name)), `topic name ${name} collides with no other`)
  return {
    ...image,
    topics: image.topics.set(topicId, { ...topic, partitions: Map() }),
    topicIds: image.topicIds.set(name, topicId),
    collidingNames: mayCollide(name)
      ? image.collidingNames.set(collisionName(name), name)
      : image.collidingNames,
  }
}
