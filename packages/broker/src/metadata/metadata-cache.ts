import type { BrokerImage, MetadataDelta, MetadataImage, TopicImage } from '@quorate/controller'
import { topicByName } from '@quorate/controller'
import type { Offset } from '@quorate/log'
import type { MetadataPublisher, PublishContext } from './publisher.ts'

/** Who leads a partition, and where to reach it. */
export interface PartitionLeader {
  readonly broker: BrokerImage
  readonly leaderEpoch: number
}

/** The metadata a broker answers its clients from. Immutable: what is read from one view fits together. */
export interface MetadataView {
  readonly image: MetadataImage
  /** Offset after the last record in `image`. */
  readonly offset: Offset
  topicByName(name: string): TopicImage | undefined
  topicById(topicId: string): TopicImage | undefined
  /** `undefined` if there is no such partition, or nobody leads it. */
  leaderOf(topicId: string, partitionId: number): PartitionLeader | undefined
}

/** Keeps the newest metadata for the clients of this broker. The first publisher: the others may rely on it. */
export class MetadataCache implements MetadataPublisher {
  readonly name = 'metadata cache'
  #view: MetadataView | undefined

  /** The newest view; `undefined` until metadata was published. */
  get view(): MetadataView | undefined {
    return this.#view
  }

  publish(_delta: MetadataDelta, image: MetadataImage, { offset }: PublishContext): void {
    this.#view = metadataView(image, offset)
  }
}

function metadataView(image: MetadataImage, offset: Offset): MetadataView {
  return {
    image,
    offset,
    topicByName: (name) => topicByName(image, name),
    topicById: (topicId) => image.topics.get(topicId),
    leaderOf(topicId, partitionId) {
      const partition = image.topics.get(topicId)?.partitions.get(partitionId)
      const broker = partition && image.brokers.get(partition.leader)
      return partition && broker && { broker, leaderEpoch: partition.leaderEpoch }
    },
  }
}
