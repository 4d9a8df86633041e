import { assertInvariant, type Batch, type Epoch, nextOffset, type Offset } from '@quorate/log'
import {
  isControlBatch,
  type Leadership,
  type NodeId,
  openRaft,
  type Proposal,
  RaftError,
  type RaftNode,
  type RaftOptions,
  type RaftStatus,
} from '@quorate/raft'
import { systemClock } from '@quorate/transport'
import { ChangeFeed } from './change-feed.ts'
import type { RecordOf, RecordPosition, RecordTypes, StoreDefinition } from './definition.ts'
import { StoreError } from './errors.ts'
import { Mailbox } from './mailbox.ts'
import { RecordCodec } from './record-codec.ts'
import type { Change, Decision, Store, StoreLeadership } from './store.ts'

/** Limits of a store, all set. */
export interface StoreLimits {
  readonly maxBatchRecords: number
  readonly maxPendingWrites: number
  readonly maxMergedRecords: number
}

/** A write that is appended and not committed yet. */
interface PendingWrite<Image, Rec> {
  readonly baseOffset: Offset
  readonly epoch: Epoch
  readonly records: readonly Rec[]
  /** The image with this write and all before it. */
  readonly image: Image
  /** Those who wait for it: its author, and whoever read what it wrote before it was committed. */
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: StoreError) => void }[]
}

/**
 * Decides on the newest image, appends, folds at once, and answers when it is committed.
 *
 * There are two images: the committed one, which everybody sees, and the one after the last pending write, which only
 * the leader's next decision sees. A write that comes back committed was folded before; a lost reign drops the pending
 * ones whole. So nothing is folded twice, and nothing uncommitted is ever seen.
 */
export class ReplicatedStore<Types extends RecordTypes, Image> implements Store<Image, RecordOf<Types>> {
  readonly #definition: StoreDefinition<Types, Image>
  readonly #codec: RecordCodec<Types>
  readonly #limits: StoreLimits
  readonly #raft: RaftNode
  readonly #wallTime: () => number
  readonly #feed: ChangeFeed<Types, Image>
  readonly #leadershipReaders = new Set<Mailbox<StoreLeadership>>()
  #image: Image
  #offset: Offset
  #epoch: Epoch = 0
  #leadership: Leadership = { epoch: 0, leaderId: undefined }
  #pending: PendingWrite<Image, RecordOf<Types>>[] = []
  #closing: Promise<void> | undefined

  constructor(
    definition: StoreDefinition<Types, Image>,
    raft: Omit<RaftOptions, 'stateMachine'>,
    limits: StoreLimits,
  ) {
    this.#definition = definition
    this.#codec = new RecordCodec(definition.records)
    this.#limits = limits
    this.#feed = new ChangeFeed(definition, limits.maxMergedRecords)
    this.#image = definition.empty()
    this.#offset = raft.log.startOffset
    const clock = raft.clock ?? systemClock
    this.#wallTime = () => clock.wallTime()
    this.#raft = openRaft({
      ...raft,
      stateMachine: {
        apply: (batches) => this.#apply(batches),
        leadership: (leadership) => this.#onLeadership(leadership),
      },
    })
    void this.#raft.failed.then(() => this.#release('the node failed'))
  }

  get image(): Image {
    return this.#image
  }

  get offset(): Offset {
    return this.#offset
  }

  get failed(): Promise<Error> {
    return this.#raft.failed
  }

  get leadership(): StoreLeadership {
    return { ...this.#leadership, leading: this.#leadership.leaderId === this.#raft.id }
  }

  write<Response>(
    decide: (image: Image, next: Offset) => Decision<RecordOf<Types>, Response>,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#assertMayWrite()
      const { records, response } = decide(this.#newestImage, this.#raft.nextOffset)
      const answer = { resolve: () => resolve(response), reject }
      if (records.length > 0) {
        this.#append(records, answer)
        return
      }
      this.#answerWithoutWriting(answer)
    })
  }

  async barrier(options: { readonly signal?: AbortSignal } = {}): Promise<Offset> {
    if (this.#closing !== undefined) throw closedError()
    return this.#raft.read(options).catch(translate)
  }

  changes(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Change<Image, RecordOf<Types>>> {
    const now = () => ({ image: this.#image, offset: this.#offset, epoch: this.#epoch })
    return this.#feed.read(now, options.signal)
  }

  async *leaderships(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<StoreLeadership, void, undefined> {
    const mailbox = new Mailbox<StoreLeadership>((_older, newer) => newer)
    mailbox.put(this.leadership)
    if (this.#closing !== undefined) mailbox.close()
    this.#leadershipReaders.add(mailbox)
    try {
      yield* mailbox.take(options.signal)
    } finally {
      this.#leadershipReaders.delete(mailbox)
    }
  }

  async reached(offset: Offset, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#closing !== undefined) throw closedError()
    await this.#raft.applied(offset, options).catch(translate)
  }

  status(): RaftStatus {
    return this.#raft.status()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#raft.close()
    this.#release('the store was closed')
  }

  #release(why: string): void {
    this.#loseWrites(why)
    this.#feed.close()
    for (const reader of this.#leadershipReaders) reader.close()
  }

  get #newestImage(): Image {
    return this.#pending.at(-1)?.image ?? this.#image
  }

  #assertMayWrite(): void {
    if (this.#closing !== undefined) throw closedError()
    const { leaderId, leading } = this.leadership
    if (!leading) throw notLeader(leaderId)
    if (this.#pending.length >= this.#limits.maxPendingWrites) {
      throw new StoreError(
        'STORE_OVERLOADED',
        `${this.#pending.length} writes wait to be committed; retry later`,
      )
    }
  }

  #append(
    records: readonly RecordOf<Types>[],
    answer: PendingWrite<Image, RecordOf<Types>>['waiting'][number],
  ): void {
    const { maxBatchRecords } = this.#limits
    if (records.length > maxBatchRecords) {
      const message = `${records.length} records in one write; the most is ${maxBatchRecords}`
      throw new StoreError('STORE_BATCH_TOO_LARGE', message, { records: records.length, maxBatchRecords })
    }
    const valid = records.map((record) => this.#codec.validate(record))
    const timestampMs = this.#wallTime()
    const { epoch } = this.#raft.leadership
    const baseOffset = this.#raft.nextOffset
    const image = this.#foldBeforeAppend(valid, { offset: baseOffset, epoch, timestampMs })
    const payload = this.#codec.encode(valid)
    const proposal = this.#propose(() => this.#raft.propose(payload, { count: valid.length, timestampMs }))
    assertInvariant(
      proposal.baseOffset === baseOffset,
      'a proposal gets the offset its records were folded at',
    )
    this.#pending.push({ baseOffset, epoch, records: valid, image, waiting: [answer] })
  }

  /**
   * An answer that writes nothing is still an answer of the leader: a majority confirms that it leads, and what it was
   * decided upon must be committed.
   */
  #answerWithoutWriting(answer: PendingWrite<Image, RecordOf<Types>>['waiting'][number]): void {
    const confirmed = this.barrier()
    const resolve = (): void => void confirmed.then(answer.resolve, answer.reject)
    const last = this.#pending.at(-1)
    if (last === undefined) return resolve()
    // If the pending writes are lost, that is what the caller is told.
    confirmed.catch(() => undefined)
    last.waiting.push({ resolve, reject: answer.reject })
  }

  /** Folds before anything is appended, so that records the image contradicts reach nobody else. */
  #foldBeforeAppend(records: readonly RecordOf<Types>[], position: RecordPosition): Image {
    try {
      return this.#fold(this.#newestImage, records, position)
    } catch (error) {
      const message = `the records contradict the image: ${(error as Error).message}`
      throw new StoreError('STORE_RECORD_INVALID', message, {}, { cause: error })
    }
  }

  #fold(image: Image, records: readonly RecordOf<Types>[], position: RecordPosition): Image {
    let next = image
    let { offset } = position
    for (const record of records) {
      next = this.#definition.fold(next, record, { ...position, offset })
      offset += 1
    }
    return next
  }

  #propose(propose: () => Proposal): Proposal {
    try {
      return propose()
    } catch (error) {
      return translate(error)
    }
  }

  #apply(batches: readonly Batch[]): void {
    for (const batch of batches) this.#applyOne(batch)
  }

  #applyOne(batch: Batch): void {
    assertInvariant(batch.baseOffset === this.#offset, 'committed batches come without gaps')
    const own = this.#takePending(batch)
    const records = own?.records ?? (isControlBatch(batch) ? [] : this.#codec.decode(batch.payload))
    const previous = this.#image
    const { epoch, timestampMs, baseOffset } = batch
    this.#image = own?.image ?? this.#fold(previous, records, { offset: baseOffset, epoch, timestampMs })
    this.#offset = nextOffset(batch)
    this.#epoch = epoch
    const { image, offset: after } = { image: this.#image, offset: this.#offset }
    this.#feed.publish({
      delta: records,
      previous,
      image,
      offset: after,
      epoch,
      timestampMs,
      snapshot: false,
    })
    for (const { resolve } of own?.waiting ?? []) resolve()
  }

  #takePending(batch: Batch): PendingWrite<Image, RecordOf<Types>> | undefined {
    const first = this.#pending[0]
    if (first === undefined || first.epoch !== batch.epoch || first.baseOffset !== batch.baseOffset) {
      assertInvariant(
        first === undefined || batch.baseOffset < first.baseOffset,
        'no pending write is passed over',
      )
      return undefined
    }
    this.#pending.shift()
    return first
  }

  #onLeadership(leadership: Leadership): void {
    this.#leadership = leadership
    this.#loseWrites('leadership was lost before they were committed')
    for (const reader of this.#leadershipReaders) reader.put(this.leadership)
  }

  #loseWrites(why: string): void {
    const lost = this.#pending
    this.#pending = []
    const error = new StoreError('STORE_OUTCOME_UNKNOWN', `${why}: the records may or may not be committed`)
    for (const { waiting } of lost) for (const { reject } of waiting) reject(error)
  }
}

function closedError(): StoreError {
  return new StoreError('STORE_CLOSED', 'the store was closed')
}

function notLeader(leaderId: NodeId | undefined): StoreError {
  const whom = leaderId === undefined ? 'no leader is known' : `node ${leaderId} leads`
  return new StoreError('STORE_NOT_LEADER', `this node does not lead: ${whom}`, { leaderId })
}

/** Throws what Raft refused, in the store's words. In every case nothing was appended. */
function translate(error: unknown): never {
  if (!(error instanceof RaftError)) throw error
  switch (error.code) {
    case 'RAFT_BATCH_TOO_LARGE':
      throw new StoreError('STORE_BATCH_TOO_LARGE', error.message, error.details, { cause: error })
    case 'RAFT_OVERLOADED':
      throw new StoreError('STORE_OVERLOADED', error.message, error.details, { cause: error })
    case 'RAFT_NOT_LEADER':
    case 'RAFT_LEADER_UNREACHABLE':
      throw notLeader(error.details['leaderId'] as NodeId | undefined)
    default:
      throw new StoreError('STORE_CLOSED', error.message, {}, { cause: error })
  }
}
