import { describeClusterApi, describeQuorumApi, describeTopicsApi } from '@quorate/controller'
import type { ResponseOf } from './response-of.ts'
import type { ClusterClient } from './cluster-client.ts'

/** The brokers and the size of the cluster, as one node's image has them. */
export type ClusterDescription = ResponseOf<typeof describeClusterApi>

/** The quorum as its leader sees it; as the node that was asked sees it while nobody leads. */
export type QuorumDescription = ResponseOf<typeof describeQuorumApi>

/** A topic with its configs and all its partitions. */
export type TopicDescription = ResponseOf<typeof describeTopicsApi>['topics'][number]

/** Asks the node that answered first for the brokers. */
export function describeCluster(client: ClusterClient): Promise<ClusterDescription> {
  return client.ask(describeClusterApi, {})
}

/** Asks the leader of the quorum, which alone knows how far the others are. */
export async function describeQuorum(client: ClusterClient): Promise<QuorumDescription> {
  const seen = await client.ask(describeQuorumApi, {})
  const leader = client.node.controllers.find(({ id }) => id === seen.leaderId)
  if (leader === undefined || leader.id === seen.nodeId) return seen
  return client.askAt(leader.address, describeQuorumApi, {})
}

/**
 * Every topic, or those named, in order of name, put together from as many pages as it takes. A topic that does not
 * exist comes with an `error`.
 */
export async function describeTopics(
  client: ClusterClient,
  names?: readonly string[],
): Promise<readonly TopicDescription[]> {
  const topics = new Map<string, TopicDescription>()
  let cursor: ResponseOf<typeof describeTopicsApi>['nextCursor']
  do {
    const page = await client.ask(describeTopicsApi, {
      ...(names && { names: [...names] }),
      ...(cursor && { cursor }),
    })
    for (const topic of page.topics) {
      const known = topics.get(topic.name)
      const partitions = [...(known?.partitions ?? []), ...topic.partitions]
      topics.set(topic.name, { ...topic, partitions })
    }
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return [...topics.values()]
}
