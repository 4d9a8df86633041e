import { alterPartitionApi, isActive } from '@quorate/controller'
import type { ControllerClient, MetadataDelta, MetadataImage } from '@quorate/controller'
import { backoffMs, sleep } from '@quorate/transport'
import type { Api, BackoffLimits, Clock, Logger, Random } from '@quorate/transport'
import { errorCode } from '../errors.ts'
import type { MetadataPublisher } from '../metadata/publisher.ts'
import { isrProposal } from './isr-proposal.ts'
import type { IsrProposal } from './isr-proposal.ts'
import { partitionKey } from './local-replica-changes.ts'

/** What an ISR keeper works with. */
export interface IsrKeeperOptions {
  readonly brokerId: number
  /** The epoch of the registration now; `undefined` while there is none. */
  readonly brokerEpoch: () => number | undefined
  readonly controllers: ControllerClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Milliseconds one request may take. */
  readonly requestTimeoutMs: number
  readonly retryBackoff: BackoffLimits
  /** Partitions one request may name; the others wait for the next. */
  readonly maxPartitionsPerRequest: number
}

/** Names a partition that may have an in-sync set to propose. */
interface Candidate {
  readonly topicId: string
  readonly partitionId: number
}

/**
 * Refusals after which the leader waits for metadata: it was decided upon a state of the partition, or of a replica,
 * that is past, and what is true now is on its way (Kafka's `Partition.handleAlterPartitionError`).
 */
const settledByMetadata: ReadonlySet<string> = new Set([
  'FENCED_LEADER_EPOCH',
  'INELIGIBLE_REPLICA',
  'INVALID_REQUEST',
  'INVALID_UPDATE_VERSION',
  'NEW_LEADER_ELECTED',
  'OPERATION_NOT_ATTEMPTED',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
])

/**
 * Brings replicas that came back into the in-sync sets of the partitions this broker leads, by AlterPartition.
 *
 * One request is in flight at a time, with all that is to be proposed, up to `maxPartitionsPerRequest`. The partition
 * epoch makes a request that was decided upon old metadata, or was sent twice, harmless.
 */
export class IsrKeeper implements MetadataPublisher {
  readonly name = 'isr keeper'
  readonly #options: IsrKeeperOptions
  readonly #candidates = new Map<string, Candidate>()
  readonly #closing = new AbortController()
  #image: MetadataImage | undefined
  #wake = Promise.withResolvers<void>()
  #proposing: Promise<void> = Promise.resolve()
  #lastFailure: unknown

  constructor(options: IsrKeeperOptions) {
    this.#options = options
  }

  /** Begins to propose what `publish` finds. */
  start(): void {
    this.#proposing = this.#run()
  }

  publish(delta: MetadataDelta, image: MetadataImage): void {
    const { brokerId } = this.#options
    this.#image = image
    for (const { current } of delta.partitions) {
      if (current.leader === brokerId) this.#add(current)
    }
    const returned = delta.brokers.filter(({ brokerId }) => isActive(image, brokerId))
    if (returned.length > 0) this.#addAllLed(image)
    this.#wake.resolve()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake.resolve()
    await this.#proposing
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    let failures = 0
    while (!signal.aborted) {
      const proposals = this.#takeProposals()
      if (proposals.length === 0) {
        await this.#wake.promise
        this.#wake = Promise.withResolvers()
        continue
      }
      const retry = await this.#propose(proposals)
      for (const candidate of retry) this.#add(candidate)
      failures = retry.length === 0 ? 0 : failures + 1
      if (failures > 0) await this.#backOff(failures)
    }
  }

  /** Candidates that have nothing to propose, by the newest image, are dropped. */
  #takeProposals(): IsrProposal[] {
    const { brokerId, maxPartitionsPerRequest } = this.#options
    const proposals: IsrProposal[] = []
    for (const [key, { topicId, partitionId }] of this.#candidates) {
      if (proposals.length === maxPartitionsPerRequest) break
      this.#candidates.delete(key)
      const partition = this.#image?.topics.get(topicId)?.partitions.get(partitionId)
      const proposal = this.#image && partition && isrProposal(this.#image, brokerId, partition)
      if (proposal !== undefined) proposals.push(proposal)
    }
    return proposals
  }

  /** Sends one request. @returns the proposals that must be sent again */
  async #propose(proposals: readonly IsrProposal[]): Promise<readonly IsrProposal[]> {
    const { brokerId, controllers, requestTimeoutMs: timeoutMs } = this.#options
    const { signal } = this.#closing
    const brokerEpoch = this.#options.brokerEpoch()
    if (brokerEpoch === undefined) return proposals
    try {
      const response = await controllers.request(
        alterPartitionApi,
        { brokerId, brokerEpoch, topics: byTopic(proposals) },
        { signal, timeoutMs, retryUnknown: true },
      )
      this.#lastFailure = undefined
      const refusals = refusalsByPartition(response)
      return proposals.filter((proposal) => this.#mustRetry(proposal, refusals.get(partitionKey(proposal))))
    } catch (error) {
      this.#failed(error, proposals.length)
      return proposals
    }
  }

  #mustRetry({ topicId, partitionId, newIsr }: IsrProposal, refusal: string | undefined): boolean {
    if (refusal === undefined) return false
    const retry = !settledByMetadata.has(refusal)
    this.#options.logger.debug({ topicId, partitionId, newIsr, refusal, retry }, 'in-sync set not changed')
    return retry
  }

  #failed(error: unknown, partitions: number): void {
    const code = errorCode(error)
    // Once for each kind of failure, not once for each retry.
    if (!this.#closing.signal.aborted && code !== errorCode(this.#lastFailure)) {
      this.#options.logger.warn({ partitions, code, err: error }, 'cannot alter partitions, retrying')
    }
    this.#lastFailure = error
  }

  async #backOff(failures: number): Promise<void> {
    const { clock, random, retryBackoff } = this.#options
    try {
      await sleep(clock, backoffMs(failures - 1, random, retryBackoff), this.#closing.signal)
    } catch {
      // Closed while waiting; the loop sees it.
    }
  }

  #addAllLed(image: MetadataImage): void {
    for (const [topicId, partitionIds] of image.partitionsByLeader.get(this.#options.brokerId) ?? []) {
      for (const partitionId of partitionIds) this.#add({ topicId, partitionId })
    }
  }

  #add({ topicId, partitionId }: Candidate): void {
    this.#candidates.set(partitionKey({ topicId, partitionId }), { topicId, partitionId })
  }
}

function refusalsByPartition({ topics }: ResponseOf<typeof alterPartitionApi>): ReadonlyMap<string, string> {
  return new Map(
    topics.flatMap(({ topicId, partitions }) =>
      partitions.flatMap(({ partitionId, error }) =>
        error === undefined ? [] : [[partitionKey({ topicId, partitionId }), error] as const],
      ),
    ),
  )
}

type ResponseOf<Definition> = Definition extends Api<infer _, infer Response> ? Response : never

function byTopic(proposals: readonly IsrProposal[]) {
  return Array.from(
    Map.groupBy(proposals, ({ topicId }) => topicId),
    ([topicId, proposals]) => ({
      topicId,
      partitions: proposals.map(({ partitionId, leaderEpoch, partitionEpoch, newIsr }) => ({
        partitionId,
        leaderEpoch,
        partitionEpoch,
        newIsr,
      })),
    }),
  )
}
