import { createTopicsApi } from '@quorate/controller'
import type { ClusterClient } from '../client/cluster-client.ts'
import type { ResponseOf } from '../client/response-of.ts'
import type { WantedTopic } from './topics-file.ts'

/** What became of one topic: created, or refused with a code of Kafka's. */
export type CreateTopicResult = ResponseOf<typeof createTopicsApi>['topics'][number]

/** Asks the active controller to create `topics`, in one request; errors are per topic. */
export async function createTopics(
  client: ClusterClient,
  topics: readonly WantedTopic[],
  options: { readonly validateOnly?: boolean } = {},
): Promise<readonly CreateTopicResult[]> {
  const response = await client.controllers.request(createTopicsApi, {
    topics: topics.map((topic) => ({
      name: topic.name,
      ...(topic.partitions !== undefined && { partitions: topic.partitions }),
      ...(topic.replicationFactor !== undefined && { replicationFactor: topic.replicationFactor }),
      configs: Object.entries(topic.configs).map(([name, value]) => ({ name, value })),
    })),
    ...(options.validateOnly && { validateOnly: true }),
  })
  return response.topics
}
