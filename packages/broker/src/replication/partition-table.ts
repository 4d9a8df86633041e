import type { MetadataDelta, MetadataImage } from '@quorate/controller'
import type { Logger } from '@quorate/transport'
import type { MetadataPublisher } from '../metadata/publisher.ts'
import { localReplicaChanges, partitionKey } from './local-replica-changes.ts'
import type { LocalPartition, LocalPartitions } from './local-replica-changes.ts'

/**
 * The partitions that have a replica on this broker, with its role in each, as the published metadata has them.
 *
 * Replication of partition data is not built yet: a partition here is its role and its epochs, and holds no records.
 */
export class PartitionTable implements LocalPartitions, MetadataPublisher {
  readonly name = 'partitions'
  readonly #brokerId: number
  readonly #logger: Logger
  readonly #partitions = new Map<string, LocalPartition>()

  constructor(brokerId: number, logger: Logger) {
    this.#brokerId = brokerId
    this.#logger = logger
  }

  get size(): number {
    return this.#partitions.size
  }

  get(topicId: string, partitionId: number): LocalPartition | undefined {
    return this.#partitions.get(partitionKey({ topicId, partitionId }))
  }

  [Symbol.iterator](): Iterator<LocalPartition> {
    return this.#partitions.values()
  }

  publish(delta: MetadataDelta, _image: MetadataImage): void {
    const { deletes, strays, leaders, followers } = localReplicaChanges(this.#brokerId, delta, this)
    for (const partition of [...deletes, ...strays]) this.#partitions.delete(partitionKey(partition))
    // Leaders before followers: other brokers wait for the first, nobody for the second.
    for (const partition of [...leaders, ...followers]) {
      this.#partitions.set(partitionKey(partition), partition)
    }
    if (strays.length > 0) {
      const names = strays.map(({ topicName, partitionId }) => `${topicName}-${partitionId}`)
      this.#logger.warn({ strays: names }, 'forgot partitions that the cluster does not know')
    }
    if (deletes.length + leaders.length + followers.length > 0) {
      this.#logger.debug(
        { deletes: deletes.length, leaders: leaders.length, followers: followers.length },
        'partitions changed',
      )
    }
  }
}
