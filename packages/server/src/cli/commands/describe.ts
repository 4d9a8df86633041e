import type { ClusterClient } from '../../client/cluster-client.ts'
import {
  describeCluster,
  describeQuorum,
  describeTopics,
  type TopicDescription,
} from '../../client/describe.ts'
import { RefusedError, ServerError } from '../../errors.ts'
import { brokersView, clusterView, partitionsView, quorumView, topicsView } from '../../render/views.ts'
import type { Terminal } from '../terminal.ts'

/** What `quorate describe` can show. */
export const describable = ['cluster', 'quorum', 'brokers', 'topics', 'partitions'] as const

/** What `quorate describe` was called with. */
export interface DescribeCommand {
  readonly what: (typeof describable)[number]
  /** Topics to show; all when empty. Only for `topics` and `partitions`. */
  readonly names: readonly string[]
  /** One JSON document instead of a table. */
  readonly json: boolean
}

/**
 * Shows one aspect of a cluster.
 *
 * @throws USAGE (topic names where there are no topics), UNKNOWN_TOPIC_OR_PARTITION, and what the requests throw
 */
export async function describeCommand(
  command: DescribeCommand,
  client: ClusterClient,
  terminal: Terminal,
): Promise<void> {
  const { what, names, json } = command
  if (names.length > 0 && what !== 'topics' && what !== 'partitions') {
    throw new ServerError('USAGE', `describe ${what} takes no names`, 'Leave them out, or describe topics')
  }
  const shown = await look(what, client, names)
  terminal.print(json ? JSON.stringify(shown.data, undefined, 2) : shown.text)
}

interface Shown {
  readonly data: unknown
  readonly text: string
}

async function look(
  what: DescribeCommand['what'],
  client: ClusterClient,
  names: readonly string[],
): Promise<Shown> {
  switch (what) {
    case 'quorum': {
      const quorum = await describeQuorum(client)
      return { data: quorum, text: quorumView(quorum) }
    }
    case 'brokers': {
      const [cluster, topics] = await Promise.all([describeCluster(client), describeTopics(client)])
      return { data: cluster.brokers, text: brokersView(cluster, topics) }
    }
    case 'topics': {
      const topics = await existingTopics(client, names)
      return { data: topics, text: topicsView(topics) }
    }
    case 'partitions': {
      const topics = await existingTopics(client, names)
      const partitions = topics.flatMap(({ name, partitions }) =>
        partitions.map((partition) => ({ topic: name, ...partition })),
      )
      return { data: partitions, text: partitionsView(topics) }
    }
    case 'cluster': {
      const [cluster, quorum, topics] = await Promise.all([
        describeCluster(client),
        describeQuorum(client),
        describeTopics(client),
      ])
      return { data: { ...cluster, quorum }, text: clusterView(cluster, quorum, topics) }
    }
  }
}

async function existingTopics(
  client: ClusterClient,
  names: readonly string[],
): Promise<readonly TopicDescription[]> {
  const topics = await describeTopics(client, names.length === 0 ? undefined : names)
  for (const { name, error } of topics) {
    if (error !== undefined) throw new RefusedError(error, `the topic "${name}" does not exist`)
  }
  return topics
}
