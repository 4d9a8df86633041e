import type { RequestOf, ResponseOf } from '@quorate/transport'
import type { Decision } from '@quorate/store'
import type { deleteTopicsApi } from '../api/topics.ts'
import { ControllerError } from '../errors.ts'
import { topicByName } from '../image/image.ts'
import type { MetadataImage, TopicImage } from '../image/image.ts'
import type { MetadataRecord } from '../records.ts'
import { perItem } from './per-item.ts'

type Request = RequestOf<typeof deleteTopicsApi>
type Response = ResponseOf<typeof deleteTopicsApi>

/**
 * Deletes topics, each with its partitions and configs, all in one batch. Those that cannot be deleted fail alone.
 *
 * Errors per topic: UNKNOWN_TOPIC_OR_PARTITION (by name), UNKNOWN_TOPIC_ID (by id), INVALID_REQUEST (neither or both
 * given, or the topic named twice).
 */
export function deleteTopics(image: MetadataImage, request: Request): Decision<MetadataRecord, Response> {
  const deleted = new Set<string>()
  const topics = request.topics.map((wanted) => ({
    ...wanted,
    ...perItem(() => {
      const { name, topicId } = findTopic(image, wanted)
      if (deleted.has(topicId)) {
        throw new ControllerError('INVALID_REQUEST', `the request names topic ${name} more than once`)
      }
      deleted.add(topicId)
      return { name, topicId }
    }),
  }))
  return {
    records: Array.from(deleted, (topicId) => ({ type: 'RemoveTopic', topicId }) as const),
    response: { topics },
  }
}

function findTopic(image: MetadataImage, { name, topicId }: Request['topics'][number]): TopicImage {
  if ((name === undefined) === (topicId === undefined)) {
    throw new ControllerError('INVALID_REQUEST', 'give either the name or the id of a topic')
  }
  if (name !== undefined) {
    const topic = topicByName(image, name)
    if (topic !== undefined) return topic
    throw new ControllerError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
  }
  const topic = topicId === undefined ? undefined : image.topics.get(topicId)
  if (topic !== undefined) return topic
  throw new ControllerError('UNKNOWN_TOPIC_ID', `there is no topic with id ${topicId}`)
}
