import type { Store } from '@quorate/store'
import { handle, type ResponseOf } from '@quorate/transport'
import type { HandledApi } from '@quorate/transport'
import { describeClusterApi, describeQuorumApi, imageHashApi } from './api/cluster.ts'
import { describeTopicsApi } from './api/topics.ts'
import { describeTopics } from './describe-topics.ts'
import { imageHash } from './image/hash.ts'
import type { MetadataImage } from './image/image.ts'
import { sortedBy } from './image/snapshot.ts'
import { controlStateOf } from './operations/heartbeat-control.ts'
import type { MetadataRecord } from './records.ts'
import { refusalOf } from './refusal.ts'

type MetadataStore = Store<MetadataImage, MetadataRecord>

/** What {@link metadataReadHandlers} need. */
export interface MetadataReadOptions {
  readonly store: Store<MetadataImage, MetadataRecord>
  readonly clusterId: string
}

/**
 * Handlers that answer from the image of the node they run on: DescribeCluster, DescribeQuorum, DescribeTopics,
 * ImageHash. Every node may serve them; what they say is as new as the node's own copy.
 */
export function metadataReadHandlers({ clusterId, store }: MetadataReadOptions): HandledApi[] {
  return [
    handle(describeClusterApi, () => describeCluster(store, clusterId)),
    handle(describeQuorumApi, () => describeQuorum(store)),
    handle(describeTopicsApi, (request) => ({
      offset: store.offset,
      ...describeTopics(store.image, request),
    })),
    handle(imageHashApi, hashing(store)),
  ]
}

function describeCluster(store: MetadataStore, clusterId: string): ResponseOf<typeof describeClusterApi> {
  const { image, leadership, offset } = store
  return {
    clusterId,
    controllerId: leadership.leaderId,
    offset,
    topicCount: image.topics.size,
    brokers: sortedBy(image.brokers.values(), ({ brokerId }) => brokerId).map((broker) => ({
      brokerId: broker.brokerId,
      brokerEpoch: broker.brokerEpoch,
      endpoints: broker.endpoints,
      rack: broker.rack,
      state: controlStateOf(broker),
    })),
  }
}

function describeQuorum(store: MetadataStore): ResponseOf<typeof describeQuorumApi> {
  const { id, replicas, voters, ...status } = store.status()
  return {
    nodeId: id,
    clusterId: status.clusterId,
    role: status.role,
    epoch: status.epoch,
    leaderId: status.leaderId,
    highWatermark: status.highWatermark,
    startOffset: status.startOffset,
    endOffset: status.endOffset,
    voters: voters.map((voter) => voter.id),
    replicas: [...replicas],
  }
}

/** Hashing costs the size of the image, so the last hash is kept: asking again and again costs nothing. */
function hashing(
  store: MetadataStore,
): (
  request: { readonly minOffset?: number | undefined },
  context: { readonly signal: AbortSignal },
) => Promise<ResponseOf<typeof imageHashApi>> {
  let last: { readonly image: MetadataImage; readonly hash: string } | undefined
  return async ({ minOffset = 0 }, { signal }) => {
    if (store.offset < minOffset) await reached(store, minOffset, signal)
    const { image, offset } = store
    if (last?.image !== image) last = { image, hash: imageHash(image) }
    return { offset, hash: last.hash }
  }
}

async function reached(store: MetadataStore, offset: number, signal: AbortSignal): Promise<void> {
  try {
    await store.reached(offset, { signal })
  } catch (error) {
    throw refusalOf(error, store.leadership)
  }
}
