import type { ClusterDescription, QuorumDescription, TopicDescription } from '../client/describe.ts'
import { renderPairs, renderTable } from './table.ts'

/** Everything about the cluster that fits on a few lines. */
export function clusterView(
  cluster: ClusterDescription,
  quorum: QuorumDescription,
  topics: readonly TopicDescription[],
): string {
  const partitions = topics.flatMap((topic) => topic.partitions)
  const unfenced = cluster.brokers.filter(({ state }) => state === 'unfenced').length
  const leaderless = partitions.filter(({ leader }) => leader < 0).length
  const underReplicated = partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length
  return renderPairs([
    ['cluster', cluster.clusterId],
    ['active controller', quorum.leaderId ?? 'none'],
    ['epoch', quorum.epoch],
    ['high watermark', quorum.highWatermark],
    ['brokers', `${unfenced} of ${cluster.brokers.length} unfenced`],
    ['topics', topics.length],
    ['partitions', partitions.length],
    ['leaderless', leaderless],
    ['under-replicated', underReplicated],
  ])
}

/** Voters and observers, and how far each is. */
export function quorumView(quorum: QuorumDescription): string {
  const title =
    `epoch ${quorum.epoch}, leader ${quorum.leaderId ?? 'none'}, high watermark ${quorum.highWatermark}, ` +
    `voters ${quorum.voters.join(' ')}`
  if (quorum.nodeId !== quorum.leaderId)
    return `${title}\nThe node ${quorum.nodeId} does not lead: it knows no more.`
  const leader = [quorum.nodeId, 'leader', quorum.endOffset, 0, '', '', '']
  const others = quorum.replicas
    .filter(({ id }) => id !== quorum.nodeId)
    .map((replica) => [
      replica.id,
      replica.voter ? 'voter' : 'observer',
      replica.endOffset,
      replica.lag,
      agoText(replica.lastFetchAgoMs),
      agoText(replica.lastCaughtUpAgoMs),
      replica.directoryId ?? '',
    ])
  const rows = [leader, ...others].toSorted(([a], [b]) => Number(a) - Number(b))
  const table = renderTable(
    [
      { title: 'node', align: 'right' },
      { title: 'role' },
      { title: 'end offset', align: 'right' },
      { title: 'lag', align: 'right' },
      { title: 'last fetch', align: 'right' },
      { title: 'last caught up', align: 'right' },
      { title: 'directory' },
    ],
    rows,
  )
  return `${title}\n${table}`
}

/** Every registered broker. */
export function brokersView(cluster: ClusterDescription, topics: readonly TopicDescription[]): string {
  const partitions = topics.flatMap((topic) => topic.partitions)
  const rows = cluster.brokers.map(({ brokerId, state, endpoints, rack, brokerEpoch }) => [
    brokerId,
    state,
    endpoints.map(({ host, port }) => `${host}:${port}`).join(' '),
    rack ?? '',
    brokerEpoch,
    partitions.filter(({ replicas }) => replicas.includes(brokerId)).length,
    partitions.filter(({ leader }) => leader === brokerId).length,
    partitions.filter(({ isr }) => isr.includes(brokerId)).length,
  ])
  return renderTable(
    [
      { title: 'broker', align: 'right' },
      { title: 'state' },
      { title: 'address' },
      { title: 'rack' },
      { title: 'epoch', align: 'right' },
      { title: 'replicas', align: 'right' },
      { title: 'leads', align: 'right' },
      { title: 'in sync', align: 'right' },
    ],
    rows,
  )
}

/** One line a topic. */
export function topicsView(topics: readonly TopicDescription[]): string {
  const rows = topics.map(({ name, partitions, configs }) => [
    name,
    partitions.length,
    Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
    partitions.filter(({ leader }) => leader < 0).length,
    partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
    configs.map((config) => `${config.name}=${config.value}`).join(' '),
  ])
  return renderTable(
    [
      { title: 'topic' },
      { title: 'partitions', align: 'right' },
      { title: 'replicas', align: 'right' },
      { title: 'leaderless', align: 'right' },
      { title: 'under-replicated', align: 'right' },
      { title: 'configs' },
    ],
    rows,
  )
}

/** One line a partition. */
export function partitionsView(topics: readonly TopicDescription[]): string {
  const rows = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionId, leader, leaderEpoch, partitionEpoch, replicas, isr }) => [
      name,
      partitionId,
      leader < 0 ? 'none' : leader,
      leaderEpoch,
      partitionEpoch,
      replicas.join(' '),
      isr.join(' '),
    ]),
  )
  return renderTable(
    [
      { title: 'topic' },
      { title: 'partition', align: 'right' },
      { title: 'leader', align: 'right' },
      { title: 'leader epoch', align: 'right' },
      { title: 'partition epoch', align: 'right' },
      { title: 'replicas' },
      { title: 'in sync' },
    ],
    rows,
  )
}

function agoText(milliseconds: number | undefined): string {
  return milliseconds === undefined ? 'never' : `${Math.round(milliseconds)} ms ago`
}
